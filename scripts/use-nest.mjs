/**
 * Installs another major version of Nest in node_modules: `node scripts/use-nest.mjs 11`; `12` restores the usual one. It
 * does not change package.json or package-lock.json, nor other packages.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const MAJORS = {
  11: {
    '@nestjs/apollo': '13.4.5',
    '@nestjs/graphql': '13.4.4',
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/platform-express': '11.2.10',
    '@nestjs/platform-fastify': '11.2.8',
    '@nestjs/testing': '11.2.6',
  },
  12: {
    '@nestjs/apollo': '14.0.3',
    '@nestjs/graphql': '14.0.3',
    '@nestjs/common': '12.5.1',
    '@nestjs/core': '12.5.1',
    '@nestjs/platform-express': '12.5.1',
    '@nestjs/platform-fastify': '12.5.0',
    '@nestjs/testing': '12.1.1',
  },
};

const versions = MAJORS[process.argv[2]];
if (versions === undefined) {
  console.error(`Usage: node scripts/use-nest.mjs <${Object.keys(MAJORS).join('|')}>`);
  process.exit(2);
}
const root = new URL('../', import.meta.url);
const wanted = Object.entries(versions).filter(([name, version]) => installedVersion(name) !== version);
if (wanted.length > 0) install(Object.entries(versions));
for (const name of Object.keys(versions)) console.log(`${name} ${installedVersion(name)}`);

/** Installs all packages in one step: each has peer dependencies on others of the same major version. */
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
