import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const LATEST = new URL('../results/latest.json', import.meta.url);
export const PUBLISHED = new URL('../../docs/charts/results.json', import.meta.url);

/** Where a run took place, as far as figures depend on it. */
const machine = () => ({
  node: process.version,
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  platform: `${process.platform} ${process.arch}`,
});

/** Keeps the figures of a run: always as the latest, and beside the charts where they are published. */
export function keepResults(sections, { quick, publish }) {
  const results = { at: new Date().toISOString().slice(0, 10), quick, machine: machine(), sections };
  for (const place of publish ? [LATEST, PUBLISHED] : [LATEST]) {
    mkdirSync(dirname(fileURLToPath(place)), { recursive: true });
    writeFileSync(place, `${JSON.stringify(results, null, 2)}\n`);
  }
  return results;
}
