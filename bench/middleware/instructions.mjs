import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../lib/child.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/** After so many requests the code is compiled; then so many are counted. */
const WARM_UP = 20_000;
const COUNTED = 500;
/** Everything on one thread, at the same instants each time. */
const NODE_FLAGS = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];
/** Not from the start: what is not counted runs several times faster. */
const CALLGRIND = ['--tool=callgrind', '--instr-atstart=no', '--callgrind-out-file=/dev/null'];
/** Code that is compiled while it runs changes under the instrument. */
const FLAGS = [...CALLGRIND, '--smc-check=all-non-file'];

export const hasValgrind = () => spawnSync('valgrind', ['--version']).status === 0;

/**
 * Instructions per request, as callgrind counts them: the whole of it, on requests as plain node:http gives them. What
 * V8 does for objects that have changed their prototype differs by some percent from run to run, and the bare request is
 * compiled differently where it stands alone: its count is no part of this one.
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
