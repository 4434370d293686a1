/**
 * Completes package-lock.json: `node scripts/complete-lockfile.mjs [path]`.
 *
 * npm writes no entries for optional dependencies of other platforms if its registry mirror has only one platform, and
 * `npm ci` then rejects the lockfile. This script adds an entry for each missing optional dependency, with its version and
 * the platform in its name, so that npm accepts the file and skips the package on other platforms. It drops entries that
 * npm marked as extraneous. It needs no network, and a second run changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];
const LIBRARIES = { gnu: 'glibc', gnueabihf: 'glibc', glibc: 'glibc', musl: 'musl', musleabihf: 'musl' };

/** Packages for one platform without the platform in their names. */
const BY_NAME = { fsevents: { os: ['darwin'] } };

const path = process.argv[2] ?? 'package-lock.json';
const before = readFileSync(path, 'utf8');
const lock = JSON.parse(before);
const kept = Object.fromEntries(
  Object.entries(lock.packages).filter(([, entry]) => entry.extraneous !== true),
);
const added = missingEntries(kept);
const packages = sortedByPath({ ...kept, ...added });
const after = JSON.stringify({ ...lock, packages }, null, 2) + '\n';
if (after !== before) writeFileSync(path, after);
const dropped = Object.keys(lock.packages).length - Object.keys(kept).length;
console.log(`${path}: ${Object.keys(added).length} entries added, ${dropped} dropped`);

function missingEntries(packages) {
  const missing = {};
  for (const [at, parent] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
      if (isFound(packages, at, name)) continue;
      missing[`node_modules/${name}`] = stubOf(name, range, parent);
    }
  }
  return missing;
}

/** Searches as Node does: beside the package itself, then in each folder above. */
function isFound(packages, at, name) {
  for (let folder = at; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (Object.hasOwn(packages, `${folder === '' ? '' : `${folder}/`}node_modules/${name}`)) return true;
    if (folder === '') return false;
  }
}

/** The fields in npm's own order, so that npm does not rewrite the file. */
function stubOf(name, range, { dev, devOptional, peer }) {
  const fields = { ...platformOf(name), dev, devOptional, optional: true, peer };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { version: lowestVersion(name, range), ...Object.fromEntries(present.sort(byName)) };
}

function lowestVersion(name, range) {
  const version = /^[~^]?(\d+\.\d+\.\d+\S*)$/.exec(range)?.[1];
  if (version === undefined) throw new Error(`${name}: the range "${range}" contains no version`);
  return version;
}

function platformOf(name) {
  const words = name.split(/[-/]/);
  const known = BY_NAME[name] ?? {
    os: SYSTEMS.filter((system) => words.includes(system)),
    cpu: PROCESSORS.filter((processor) => words.includes(processor)),
    libc: [...new Set(words.map((word) => LIBRARIES[word]).filter((library) => library !== undefined))],
  };
  const platform = Object.fromEntries(Object.entries(known).filter(([, values]) => values.length > 0));
  if (Object.keys(platform).length === 0)
    throw new Error(`${name}: the name contains no platform. Install the package, or add it to BY_NAME`);
  return platform;
}

function sortedByPath(packages) {
  return Object.fromEntries(Object.entries(packages).sort(byName));
}

function byName([a], [b]) {
  return a.localeCompare(b, 'en');
}
