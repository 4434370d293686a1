/**
 * Installs another major version of Nest into node_modules: `node scripts/use-nest.mjs 11`, and back with `12`. It changes
 * neither package.json nor package-lock.json nor other packages.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readArguments } from './read-arguments.mjs';

const MAJORS = {
  11: {
    '@nestjs/apollo': '13.4.5',
    '@nestjs/graphql': '13.4.4',
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/platform-express': '11.2.10',
    '@nestjs/mercurius': '13.4.5',
    '@nestjs/microservices': '11.2.6',
    '@nestjs/platform-fastify': '11.2.8',
    '@nestjs/platform-socket.io': '11.2.6',
    '@nestjs/platform-ws': '11.2.6',
    '@nestjs/testing': '11.2.6',
    '@nestjs/websockets': '11.2.6',
  },
  12: {
    '@nestjs/apollo': '14.0.3',
    '@nestjs/graphql': '14.0.3',
    '@nestjs/common': '12.5.1',
    '@nestjs/core': '12.5.1',
    '@nestjs/platform-express': '12.5.1',
    '@nestjs/mercurius': '14.0.0',
    '@nestjs/microservices': '12.1.1',
    '@nestjs/platform-fastify': '12.5.0',
    '@nestjs/platform-socket.io': '12.1.1',
    '@nestjs/platform-ws': '12.1.1',
    '@nestjs/testing': '12.1.1',
    '@nestjs/websockets': '12.1.1',
  },
};

const usage = `node scripts/use-nest.mjs ${Object.keys(MAJORS).join('|')}`;
const { positionals, refuse } = readArguments({ usage, allowPositionals: true });
const versions = MAJORS[positionals[0]];
if (versions === undefined || positionals.length > 1)
  refuse(`Unknown version of Nest: "${positionals.join(' ')}"`);
const root = new URL('../', import.meta.url);
const wanted = Object.entries(versions).filter(([name, version]) => installedVersion(name) !== version);
if (wanted.length > 0) install(Object.entries(versions));
for (const name of Object.keys(versions)) console.log(`${name} ${installedVersion(name)}`);

/** Installs all of them in one step, because each has others as peer dependencies. */
function install(packages) {
  const specs = packages.map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...flags, ...specs], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

function installedVersion(name) {
  try {
    return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8')).version;
  } catch {
    return 'missing';
  }
}
