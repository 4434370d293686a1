/**
 * Compares the bytes, instructions and store calls per request with the budget in budget.json:
 * `node bench/budget.mjs`. All figures are counts, not times, so a busy machine hardly changes them. They
 * depend on V8, so each major version of Node has its own budget. `--record` writes the figures of this run
 * as the budget of the running version.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readArguments } from '../scripts/read-arguments.mjs';
import { NODE } from './lib/machine.mjs';
import { copyBuild, installPackages } from './lib/prepare.mjs';
import { hasValgrind, instructionsPerRequest } from './middleware/instructions.mjs';

installPackages();
// Imported here, because these modules need the installed packages.
const { median } = await import('./lib/statistics.mjs');
const { endProgress, number, progress, table } = await import('./lib/terminal.mjs');
const { counted } = await import('./middleware/heap.mjs');

const FILE = new URL('budget.json', import.meta.url);
const [MAJOR] = process.versions.node.split('.');
const SUBJECT = 'nest-session/http';
const WORKLOADS = ['W1', 'W1u', 'W2', 'W3', 'W4', 'W5'];
/** Processes per count. The result is their median: each process compiles the code a little differently. */
const PROCESSES = 3;
const REPEATS = 5;
/** Most counts of instructions of a workload that is over its budget. */
const TIMES = 3;

/**
 * How far a figure may exceed its budget: a share of the budget, but at least `least`. Counts vary, because
 * V8 decides which functions it compiles together. Between runs on a busy machine, bytes differed by up to
 * 8 %, instructions by up to 2 %.
 */
const FIGURES = {
  bytes: { share: 0.12, least: 600 },
  instructions: { share: 0.05, least: 0 },
  storeCalls: { share: 0, least: 0 },
};

const isInCi = process.env.CI === 'true';
const { record: records } = readArguments({
  usage: 'node bench/budget.mjs [--record]',
  options: { record: { type: 'boolean', default: false } },
}).values;
const canInstruct = hasValgrind();
const CURE = '`apt-get install valgrind`';

if (!canInstruct && (isInCi || records)) stop(`valgrind, which counts instructions, is missing: ${CURE}.`);
const budgets = JSON.parse(readFileSync(FILE, 'utf8'));
const found = await measure();
if (records) {
  budgets[MAJOR] = found;
  writeFileSync(FILE, `${JSON.stringify(budgets, null, 2)}\n`);
}
const isKept = compare(found, budgets[MAJOR] ?? {});
if (!canInstruct) console.error(`\nINSTRUCTIONS WERE NOT COUNTED: valgrind is missing. Install it: ${CURE}.`);
if (budgets[MAJOR] === undefined) {
  const have = Object.keys(budgets).join(', ');
  console.error(
    `\nNO BUDGET for Node ${MAJOR}, only for ${have}. Run \`node bench/budget.mjs --record\` with it.`,
  );
}
process.exitCode = isKept && (budgets[MAJOR] !== undefined || !isInCi) ? 0 : 1;

function stop(words) {
  console.error(words);
  process.exit(1);
}

/** Per request of each workload: bytes above those of the bare request, all instructions, store calls. */
async function measure() {
  const build = copyBuild();
  const env = { BENCH_BUILD: build.folder };
  const figures = {};
  try {
    for (const workload of WORKLOADS) {
      progress(`budget: what ${workload} allocates`);
      const bare = await allocation('none', workload, env);
      const ours = await allocation(SUBJECT, workload, env);
      figures[workload] = { bytes: rounded(ours.bytes - bare.bytes, 10), storeCalls: ours.storeCalls };
    }
    if (canInstruct) await addInstructions(figures, env);
    return figures;
  } finally {
    build.remove();
    endProgress();
  }
}

/** The workloads run concurrently. This changes no count: they do not use the clock of the machine. */
async function addInstructions(figures, env) {
  progress('budget: instructions');
  await Promise.all(
    WORKLOADS.map(async (workload) => {
      figures[workload].instructions = await leastInstructions(workload, env);
    }),
  );
}

/**
 * Counts again while a workload is over its budget, and keeps the least count. Rarely all counts of a run are a
 * tenth too high, as with W4, which fills the store. Code that became slower is over its budget in each run.
 */
async function leastInstructions(workload, env) {
  const limit = records ? undefined : budgets[MAJOR]?.[workload]?.instructions;
  let least = Infinity;
  for (let times = 0; times < TIMES; times++) {
    const instructions = await instructionsPerRequest({ subject: SUBJECT, workload, env });
    least = Math.min(least, rounded(instructions, 100));
    if (limit === undefined || !isAbove(least, limit, FIGURES.instructions)) break;
  }
  return least;
}

async function allocation(subject, workload, env) {
  const options = { subject, workload, repeats: REPEATS, env };
  const all = await Promise.all(Array.from({ length: PROCESSES }, () => counted(options)));
  return { bytes: median(all.map(({ bytes }) => bytes)), storeCalls: all[0].storeCalls };
}

/** Prints each figure beside its budget. Returns whether all figures are within the budget. */
function compare(figures, budget) {
  const rows = Object.entries(figures).flatMap(([workload, ofOne]) =>
    Object.entries(FIGURES)
      .filter(([name]) => ofOne[name] !== undefined)
      .map(([name, room]) => lineOf(`${workload} ${name}`, ofOne[name], budget[workload]?.[name], room)),
  );
  console.log(
    table(
      [NODE, 'measured', 'budget', 'change', ''],
      rows.map(({ cells }) => cells),
    ),
  );
  return rows.every(({ isOver }) => !isOver);
}

function lineOf(title, value, limit, { share, least }) {
  if (limit === undefined) return { isOver: false, cells: [title, value, '-', '-', 'not recorded'] };
  const room = roomOf(limit, { share, least });
  const isOver = isAbove(value, limit, { share, least });
  const words = isOver ? 'OVER BUDGET' : value < limit - room ? 'lower: run with --record' : 'within budget';
  const change = limit === 0 ? '-' : `${number((100 * (value - limit)) / limit)} %`;
  return { isOver, cells: [title, value, limit, change, words] };
}

function roomOf(limit, { share, least }) {
  return Math.max(limit * share, least);
}

function isAbove(value, limit, room) {
  return value > limit + roomOf(limit, room);
}

function rounded(value, step) {
  return Math.round(value / step) * step;
}
