/**
 * What a request may allocate, and how often it may ask the store: `node bench/budget.mjs`, against budget.json.
 * Both are counts, not times, so a busy machine does not change them. `--record` writes what is so now;
 * `--instructions` tells the instructions of W1 and W3 besides, with valgrind, which takes minutes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { copyBuild } from './lib/prepare.mjs';
import { number, table } from './lib/terminal.mjs';
import { counted } from './middleware/heap.mjs';
import { instructionsPerRequest } from './middleware/instructions.mjs';

const FILE = new URL('budget.json', import.meta.url);
const WORKLOADS = ['W1', 'W1u', 'W2', 'W3'];
const REPEATS = 9;
/** By so much may an allocation vary: which functions are compiled together is not ours to say. */
const TOLERANCE = 0.04;
const SLACK_BYTES = 150;

const build = copyBuild();
try {
  const found = await measure({ BENCH_BUILD: build.folder });
  if (process.argv.includes('--record')) writeFileSync(FILE, `${JSON.stringify(found, null, 2)}\n`);
  if (process.argv.includes('--instructions')) await tellInstructions({ BENCH_BUILD: build.folder });
  process.exitCode = compare(found, JSON.parse(readFileSync(FILE, 'utf8')));
} finally {
  build.remove();
}

/** Bytes over the bare request, rounded, and calls of the store, for each workload. */
async function measure(env) {
  const found = {};
  for (const workload of WORKLOADS) {
    const bare = await counted({ subject: 'none', workload, repeats: REPEATS, env });
    const ours = await counted({ subject: 'nest-session/http', workload, repeats: REPEATS, env });
    found[workload] = { bytes: Math.round((ours.bytes - bare.bytes) / 10) * 10, storeCalls: ours.storeCalls };
  }
  return found;
}

async function tellInstructions(env) {
  for (const workload of ['W1', 'W3']) {
    const count = await instructionsPerRequest({ subject: 'nest-session/http', workload, env });
    console.log(`${workload}: ${count ?? 'no valgrind here: no'} instructions over the bare request`);
  }
}

/** Prints what is so beside what may be; 1 where anything is over. */
function compare(found, budget) {
  const rows = WORKLOADS.map((workload) => {
    const { bytes, storeCalls } = found[workload];
    const limit = budget[workload];
    const isOver = bytes > mostOf(limit.bytes) || storeCalls > limit.storeCalls;
    const isUnder =
      bytes < limit.bytes - (mostOf(limit.bytes) - limit.bytes) || storeCalls < limit.storeCalls;
    const change = `${number((100 * (bytes - limit.bytes)) / limit.bytes)} %`;
    const words = isOver ? 'OVER' : isUnder ? 'less: record it' : 'kept';
    return { isOver, cells: [workload, bytes, limit.bytes, change, storeCalls, limit.storeCalls, words] };
  });
  const head = ['', 'bytes', 'budget', 'change', 'store calls', 'budget', ''];
  console.log(
    table(
      head,
      rows.map(({ cells }) => cells),
    ),
  );
  return rows.some(({ isOver }) => isOver) ? 1 : 0;
}

function mostOf(bytes) {
  return bytes + Math.max(bytes * TOLERANCE, SLACK_BYTES);
}
