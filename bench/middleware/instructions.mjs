import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('run-once.mjs', import.meta.url));
/** From the first count on, the code is compiled; the difference to the second one is what requests cost. */
const COUNTS = [3000, 5000];
/** Everything on one thread, at the same instants each time. */
const NODE_FLAGS = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];

/** Instructions per request as callgrind counts them, the bare request taken off; `null` where there is no valgrind. */
export async function instructionsPerRequest({ subject, workload, env }) {
  try {
    const [bare, all] = await Promise.all(['none', subject].map((name) => slopeOf(name, workload, env)));
    return Math.round((all - bare) / 1000) * 1000;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

async function slopeOf(subject, workload, env) {
  const totals = [];
  for (const count of COUNTS) totals.push(await total([subject, workload, String(count)], env));
  return (totals[1] - totals[0]) / (COUNTS[1] - COUNTS[0]);
}

async function total(args, env) {
  const flags = ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--smc-check=all-non-file'];
  const { stderr } = await promisify(execFile)(
    'valgrind',
    [...flags, process.execPath, ...NODE_FLAGS, SCRIPT, ...args],
    { env: { ...process.env, NODE_ENV: 'production', ...env } },
  );
  return Number(/Collected : (\d+)/.exec(stderr)[1]);
}
