import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './machine.mjs';

const LATEST = new URL('../results/latest.json', import.meta.url);

/** Writes the results of a run to bench/results/latest.json. */
export function keepResults(sections, { quick }) {
  const results = { at: new Date().toISOString().slice(0, 10), quick, machine: machine(), sections };
  mkdirSync(dirname(fileURLToPath(LATEST)), { recursive: true });
  writeFileSync(LATEST, `${JSON.stringify(results, null, 2)}\n`);
}
