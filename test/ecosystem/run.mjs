/**
 * Runs session stores of the ecosystem: `node test/ecosystem/run.mjs [--set ci|all] [--jobs N] [--json FILE] [--write] [NAMES...]`.
 *
 * Each store goes through the same steps with express-session, with nest-session/express and in a Nest application with
 * SessionModule. Fails where a step passes with express-session and not with us, and where a verdict is not the one in
 * expected.json. `--write` makes expected.json and docs/ecosystem.md from what was found; it wants all stores. `--json` writes it all down.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
/** How often a store is run that differs each time. */
const TIMES = 3;
const PAGE = join(HERE, '../../docs/ecosystem.md');

const { set, names, jobs, write, json } = read(process.argv.slice(2));
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
if (json !== null) writeFileSync(json, JSON.stringify(results, null, 2) + '\n');
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

/** What is worse, or other than expected, must be so each time, and while nothing else of this run is under way. */
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

function read(args) {
  const options = { set: 'all', names: [], jobs: 3, write: false, json: null };
  while (args.length > 0) {
    const word = args.shift();
    if (word === '--set') options.set = args.shift();
    else if (word === '--jobs') options.jobs = Number(args.shift());
    else if (word === '--json') options.json = args.shift();
    else if (word === '--write') options.write = true;
    else options.names.push(word);
  }
  const unknown = options.names.filter((name) => !ROWS.some((row) => row.name === name));
  const isRight = ['ci', 'all'].includes(options.set) && options.jobs > 0 && unknown.length === 0;
  if (isRight && !(options.write && (options.set !== 'all' || options.names.length > 0))) return options;
  console.error('run.mjs [--set ci|all] [--jobs N] [--json FILE] [--write] [NAMES...]', ...unknown);
  process.exit(2);
}

async function inParallel(items, width, action) {
  const waiting = [...items];
  const work = async () => {
    while (waiting.length > 0) await action(waiting.shift());
  };
  await Promise.all(Array.from({ length: width }, work));
}
