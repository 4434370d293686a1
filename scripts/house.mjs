/**
 * Prints measures of the structure of the library, to compare two commits: `npm run house`. The measures of requests are
 * calls of dist, counted by V8, so they depend on its version: compare figures of the same Node.
 *
 * `-- --verbose` also lists long functions and undocumented exports; `-- --json` prints all as JSON. Fails if a class of
 * scripts/house/per-request-classes.mjs does not exist.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measureRequests } from './house/measure-requests.mjs';
import { measureSource } from './house/measure-source.mjs';
import { mutableFields } from './house/mutable-fields.mjs';
import { report } from './house/report.mjs';
import { readModules } from './house/sources.mjs';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

try {
  const measures = await measure();
  const isVerbose = process.argv.includes('--verbose');
  console.log(
    process.argv.includes('--json') ? JSON.stringify(measures, null, 2) : report(measures, isVerbose),
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function measure() {
  if (!existsSync(DIST)) throw new Error('There is no dist: run `npm run build` first.');
  const modules = readModules(join(ROOT, 'lib'));
  const source = measureSource(modules);
  const { requests, classes } = await measureRequests(DIST);
  const unlisted = classes
    .filter(({ name }) => !(name in source.mutableFields))
    .map(({ name, file }) => ({
      name,
      file: file.replace(/\.js$/, '.ts'),
      fields: mutableFields(modules, [name]).get(name),
    }));
  return { ...source, unlisted, requests };
}
