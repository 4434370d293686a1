/**
 * Publishes the latest run, `node bench/publish.mjs`: its figures into docs/charts, by the major version of Node; the
 * tables of docs/performance.md from all that were published; the charts from those of the newest Node.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { drawCharts } from './charts/draw.mjs';
import { tablesOf } from './charts/tables.mjs';

const LATEST = new URL('results/latest.json', import.meta.url);
const CHARTS = new URL('../docs/charts/', import.meta.url);
const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

export async function publish() {
  const latest = JSON.parse(readFileSync(LATEST, 'utf8'));
  if (latest.quick) throw new Error('The latest run was a quick one: publish a whole one.');
  mkdirSync(CHARTS, { recursive: true });
  writeFileSync(new URL(`node-${majorOf(latest)}.json`, CHARTS), `${JSON.stringify(latest, null, 2)}\n`);
  const runs = readdirSync(CHARTS)
    .filter((name) => /^node-\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(new URL(name, CHARTS), 'utf8')))
    .sort((one, other) => majorOf(one) - majorOf(other));
  const written = drawCharts(runs.at(-1));
  await writeTables(tablesOf(runs));
  console.log(`Wrote ${PAGE} and, in docs/charts: ${written.join(', ')}`);
}

const majorOf = ({ machine }) => Number(/\d+/.exec(machine.node)[0]);

/** Each table has its place between two comments. */
async function writeTables(tables) {
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, text] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- end of ${name} -->)`);
    if (!place.test(page)) throw new Error(`${PAGE} has no place for the table ${name}.`);
    page = page.replace(place, `$1\n\n${text}\n\n$2`);
  }
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await publish();
