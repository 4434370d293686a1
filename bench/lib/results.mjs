import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './machine.mjs';

const LATEST = new URL('../results/latest.json', import.meta.url);
export const PUBLISHED = new URL('../../docs/charts/results.json', import.meta.url);

/** Keeps the figures of a run: always as the latest, and beside the charts where they are published. */
export function keepResults(sections, { quick, publish }) {
  const results = { at: new Date().toISOString().slice(0, 10), quick, machine: machine(), sections };
  for (const place of publish ? [LATEST, PUBLISHED] : [LATEST]) {
    mkdirSync(dirname(fileURLToPath(place)), { recursive: true });
    writeFileSync(place, `${JSON.stringify(results, null, 2)}\n`);
  }
  return results;
}
