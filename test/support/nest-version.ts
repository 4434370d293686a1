import { readFileSync } from 'node:fs';

const MANIFEST = new URL('../../node_modules/@nestjs/core/package.json', import.meta.url);

/** The major version of Nest that the tests run with: see scripts/use-nest.mjs. */
export const NEST_MAJOR = Number.parseInt(
  (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version,
  10,
);
