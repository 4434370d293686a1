/**
 * Runs session stores of the ecosystem:
 * `node test/ecosystem/run.mjs [--set ci|all] [--jobs N] [--json FILE] [--write] [NAMES...]`.
 *
 * Each store runs the same steps with express-session, with nest-session/express and in a Nest application with
 * SessionModule. The script fails if a step passes with express-session and not with nest-session, or if a result differs
 * from expected.json. `--write` writes the results of all stores to expected.json and docs/ecosystem.md. `--json` writes
 * all details to a file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from '../../scripts/read-arguments.mjs';
import { installPackages } from './install.mjs';
import { HERE } from './places.mjs';
import { startBackends } from './backends/start.mjs';
import { differencesOf, summaryOf } from './results/compare.mjs';
import { pageOf } from './results/page.mjs';
import { printRow } from './results/print.mjs';
import { writeFormatted } from './results/write-formatted.mjs';
import { ROWS } from './rows/index.mjs';
import { runRow } from './run-row.mjs';

const EXPECTED = join(HERE, 'expected.json');
/** Most runs of a store whose results differ from expected.json. */
const TIMES = 3;
const PAGE = join(HERE, '../../docs/ecosystem.md');

const { set, names, jobs, write, json } = read();
const rows = ROWS.filter((row) =>
  names.length > 0 ? names.includes(row.name) : set === 'all' || row.set === set,
);
const runnable = rows.filter((row) => row.why === undefined);
console.log(`Node ${process.version}: ${runnable.length} of ${rows.length} stores to run`);
installPackages([...new Set(runnable.map((row) => row.folder ?? ''))]);
const { present, stop } = await startBackends([...new Set(runnable.flatMap(({ server }) => server ?? []))]);
const expected = JSON.parse(readFileSync(EXPECTED, 'utf8'));
const results = {};
try {
  await inParallel(rows, jobs, (row) => runAndPrint(row));
  await againAlone(rows);
} finally {
  await stop();
}
const now = summaryOf(results);
if (write) {
  await writeFormatted(EXPECTED, JSON.stringify(now));
  await writeFormatted(PAGE, pageOf(ROWS, results));
}
if (json !== undefined) writeFileSync(json, JSON.stringify(results, null, 2) + '\n');
const differences = rows.flatMap((row) =>
  differencesOf(row, results[row.name], write ? now[row.name] : expected[row.name]),
);
for (const line of differences) console.error(line);
console.log(differences.length === 0 ? 'No store is worse with us.' : `${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;

async function runAndPrint(row) {
  results[row.name] = await runRow(row, present);
  printRow(row, results[row.name]);
}

/** Repeats stores whose results differ, one at a time: a difference counts if it occurs in each run. */
async function againAlone(done) {
  for (const row of done) {
    for (let times = 1; times < TIMES; times += 1) {
      const isNew = write || expected[row.name] === undefined;
      const differences = isNew ? [] : differencesOf(row, results[row.name], expected[row.name]);
      if (differences.length === 0) break;
      console.log(`\n${differences.join('\n')}\nOnce more, alone:`);
      await runAndPrint(row);
    }
  }
}

function read() {
  const { values, positionals, refuse } = readArguments({
    usage: 'node test/ecosystem/run.mjs [--set ci|all] [--jobs N] [--json FILE] [--write] [NAMES...]',
    options: {
      set: { type: 'string', default: 'all' },
      jobs: { type: 'string', default: '3' },
      json: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const { set, write, json } = values;
  const jobs = Number(values.jobs);
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) refuse(`Unknown stores: ${unknown.join(', ')}`);
  if (!['ci', 'all'].includes(set)) refuse(`--set must be ci or all, got "${set}"`);
  if (!(jobs >= 1)) refuse(`--jobs must be a number from 1 on, got "${values.jobs}"`);
  if (write && (set !== 'all' || positionals.length > 0)) refuse('--write needs a run of all stores.');
  return { set, names: positionals, jobs, write, json };
}

async function inParallel(items, width, action) {
  const waiting = [...items];
  const work = async () => {
    while (waiting.length > 0) await action(waiting.shift());
  };
  await Promise.all(Array.from({ length: width }, work));
}
