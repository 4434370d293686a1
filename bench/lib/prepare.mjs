import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const ROOT = resolve(BENCH, '..');

/** Installs the peers where they are missing. They are no dependencies of the package itself. */
export function installPeers() {
  if (existsSync(join(BENCH, 'node_modules', 'express-session'))) return;
  console.error('Installing the peers to compare with ...');
  execFileSync('npm', ['ci'], { cwd: BENCH, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * A copy of a build that nobody changes while it is measured. It lies where no tool looks, with the repository's own
 * modules beside it; `remove` takes it away.
 */
export function copyBuild(from = process.env.NEST_SESSION_DIST ?? join(ROOT, 'dist')) {
  if (!existsSync(join(from, 'http', 'index.js')))
    throw new Error('There is no build to measure: run `npm run build` first.');
  const home = join(BENCH, 'node_modules', '.builds');
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, 'build-'));
  cpSync(from, folder, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
