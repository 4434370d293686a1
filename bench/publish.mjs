/**
 * Publishes the results of the latest run: `node bench/publish.mjs`. It writes them to docs/charts, one file for each
 * major version of Node, draws the charts from the newest of these versions, and updates the tables of
 * docs/performance.md from all of them. `--redraw` only updates the charts and tables, from what is published already.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { readArguments } from '../scripts/read-arguments.mjs';
import { drawCharts } from './charts/draw.mjs';
import { tablesOf } from './charts/tables.mjs';

const LATEST = new URL('results/latest.json', import.meta.url);
const CHARTS = new URL('../docs/charts/', import.meta.url);
const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

/** Publishes the latest results, then the charts and tables. */
export async function publish() {
  const latest = JSON.parse(readFileSync(LATEST, 'utf8'));
  if (latest.quick)
    throw new Error('The latest run was a quick one. Run `npm run bench` without --quick, then publish.');
  writeFileSync(new URL(`node-${majorOf(latest)}.json`, CHARTS), `${JSON.stringify(latest, null, 2)}\n`);
  await redraw();
}

async function redraw() {
  const runs = readdirSync(CHARTS)
    .filter((name) => /^node-\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(new URL(name, CHARTS), 'utf8')))
    .sort((one, other) => majorOf(one) - majorOf(other));
  const written = drawCharts(runs.at(-1));
  await writeTables(tablesOf(runs));
  console.log(`Wrote ${PAGE} and, in docs/charts: ${written.join(', ')}`);
}

const majorOf = ({ machine }) => Number(/\d+/.exec(machine.node)[0]);

/** Replaces each table, which is between two comments with its name. */
async function writeTables(tables) {
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, text] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- end of ${name} -->)`);
    if (!place.test(page)) throw new Error(`${PAGE} has no comments for the table "${name}".`);
    page = page.replace(place, `$1\n\n${text}\n\n$2`);
  }
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { redraw: { type: 'boolean' } };
  const { values, refuse } = readArguments({ usage: 'node bench/publish.mjs [--redraw]', options });
  if (!values.redraw && !existsSync(LATEST))
    refuse('There are no results to publish. Run `npm run bench` first.');
  await (values.redraw ? redraw() : publish());
}
