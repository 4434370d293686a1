/**
 * Draws the pictures of docs/architecture.md from the imports in lib: `node scripts/draw-architecture.mjs`. Run it after a
 * change of folders or of imports between folders; test/scripts/architecture.spec.ts fails until then.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawArchitecture } from './architecture/draw.mjs';

const ROOT = join(import.meta.dirname, '..');

for (const [path, svg] of await drawArchitecture(ROOT)) {
  writeFileSync(join(ROOT, path), svg);
  console.log(path);
}
