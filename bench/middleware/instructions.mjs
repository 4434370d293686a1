import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../lib/child.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/** Number of requests after which the code is compiled, and number of requests counted after that. */
const WARM_UP = 20_000;
const COUNTED = 500;
/** Runs everything on one thread, with the same timing in each run. */
const NODE_FLAGS = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];
/** Counting is off at the start: code runs several times faster while it is not counted. */
const CALLGRIND = ['--tool=callgrind', '--instr-atstart=no', '--callgrind-out-file=/dev/null'];
/** V8 changes machine code at run time, so valgrind must check for self-modifying code. */
const FLAGS = [...CALLGRIND, '--smc-check=all-non-file'];

export const hasValgrind = () => spawnSync('valgrind', ['--version']).status === 0;

/**
 * Instructions per request, counted by callgrind, on requests of plain node:http. With the replaced
 * prototypes of Express, V8 varies by some percent between runs. The count of the bare request is not
 * subtracted: V8 compiles the bare request differently when it runs alone.
 */
export async function instructionsPerRequest({ subject, workload, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-bench-'));
  const log = join(folder, 'callgrind.log');
  const execArgv = [...FLAGS, `--log-file=${log}`, process.execPath, ...NODE_FLAGS];
  const child = new Child(WORKER, { execPath: 'valgrind', execArgv, env });
  try {
    await child.ask('prepare', { subject, workload, sessions: 20, likeExpress: false, fixedClock: true });
    await child.ask('run', { count: WARM_UP });
    await instrument('on', child);
    await child.ask('run', { count: COUNTED });
    await instrument('off', child);
    await child.leave();
    return Number(/Collected : (\d+)/.exec(readFileSync(log, 'utf8'))[1]) / COUNTED;
  } finally {
    await child.end();
    rmSync(folder, { recursive: true });
  }
}

const instrument = (state, { pid }) =>
  promisify(execFile)('callgrind_control', [`--instr=${state}`, String(pid)]);
