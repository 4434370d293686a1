import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../lib/child.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);
/** Number of requests after which the code is compiled. */
const WARM_UP = 8000;
/** Counts of so many requests each. The least one holds: V8 may compile a function during the others. */
const COUNTS = 4;
const COUNTED = 250;
/** Runs everything on one thread, with the same timing in each run. */
const NODE_FLAGS = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];
/** Counting is off at the start: code runs several times faster while it is not counted. */
const CALLGRIND = ['--tool=callgrind', '--instr-atstart=no'];
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
  const dump = join(folder, 'counts');
  const execArgv = [
    ...FLAGS,
    `--log-file=${join(folder, 'callgrind.log')}`,
    `--callgrind-out-file=${dump}`,
    process.execPath,
    ...NODE_FLAGS,
  ];
  const child = new Child(WORKER, { execPath: 'valgrind', execArgv, env });
  try {
    await child.ask('prepare', { subject, workload, sessions: 20, likeExpress: false, fixedClock: true });
    await child.ask('run', { count: WARM_UP });
    const counts = [];
    for (let count = 1; count <= COUNTS; count++) {
      await control(child, '--instr=on');
      await child.ask('run', { count: COUNTED });
      await control(child, '--instr=off');
      // Writes the count to a file and starts again at 0.
      await control(child, '--dump');
      counts.push(Number(/^totals: (\d+)/m.exec(readFileSync(`${dump}.${count}`, 'utf8'))[1]));
    }
    return Math.min(...counts) / COUNTED;
  } finally {
    await child.end();
    rmSync(folder, { recursive: true });
  }
}

const control = ({ pid }, request) => promisify(execFile)('callgrind_control', [request, String(pid)]);
