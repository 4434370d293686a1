import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Installs the packed package into a folder, and links all packages of this repository beside it. */
export function installPackage(folder: string): void {
  if (!existsSync(join(ROOT, 'dist/index.d.ts'))) throw new Error('dist is missing. Run: npm run build');
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'nest-session');
  mkdirSync(installed, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', installed]);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === 'nest-session' || name.startsWith('.')) continue;
    symlinkSync(realpathSync(join(ROOT, 'node_modules', name)), join(modules, name), 'junction');
  }
}
