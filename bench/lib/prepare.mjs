import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const ROOT = resolve(BENCH, '..');

/** Installs the packages of `bench/` if one is missing. They are not dependencies of this package. */
export function installPackages() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8'));
  const names = Object.keys({ ...dependencies, ...devDependencies });
  if (names.every((name) => existsSync(join(BENCH, 'node_modules', name)))) return;
  console.error('Installing the packages of bench/ ...');
  execFileSync('npm', ['ci'], { cwd: BENCH, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * Copies a build, so that nothing changes it while it is measured. The copy is in `node_modules`, which
 * linters and formatters ignore, and uses the modules of the repository. `remove` deletes it.
 */
export function copyBuild(from = process.env.NEST_SESSION_DIST ?? join(ROOT, 'dist')) {
  if (!existsSync(join(from, 'http', 'index.js')))
    throw new Error('The build to measure is missing. Run `npm run build` first.');
  const home = join(BENCH, 'node_modules', '.builds');
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, 'build-'));
  cpSync(from, folder, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
