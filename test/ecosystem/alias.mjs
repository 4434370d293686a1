import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { HERE, ROOT } from './places.mjs';

/**
 * Makes an application's folder with the package `express-session` that the documentation shows, and ours beside it, as
 * npm installs them; what to find under which name.
 */
export function placeAlias(folder) {
  const packages = join(folder, 'node_modules');
  const alias = join(packages, 'express-session');
  mkdirSync(packages, { recursive: true });
  symlinkSync(ROOT, join(packages, 'nest-session'), 'dir');
  cpSync(join(HERE, 'alias/express-session'), alias, { recursive: true });
  return {
    'express-session': join(alias, 'index.js'),
    'express-session/package.json': join(alias, 'package.json'),
  };
}
