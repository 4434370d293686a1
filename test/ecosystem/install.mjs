import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HERE } from './places.mjs';

/** Installs the packages of each folder as its lockfile has them, where that has not been done before. */
export function installPackages(folders) {
  // The others find some of their packages in the first.
  for (const folder of new Set(['', ...folders])) install(join(HERE, folder));
}

function install(folder) {
  const done = join(folder, 'node_modules/.installed');
  const wanted = hashOf(folder);
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return;
  const began = Date.now();
  const scripts = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).needsScripts ?? [];
  npm(folder, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (scripts.length > 0) npm(folder, ['rebuild', '--build-from-source', ...scripts]);
  writeFileSync(done, wanted);
  console.log(`Packages installed in ${Math.round((Date.now() - began) / 1000)} s`);
}

function npm(cwd, args) {
  const { status, error } = spawnSync('npm', args, {
    cwd,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`npm ${args[0]} failed (${status})`, { cause: error });
}

/** Not the version of Node: what is compiled here keeps to the interface that all of them have. */
function hashOf(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
}
