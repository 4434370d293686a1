/**
 * Completes package-lock.json: `node scripts/complete-lockfile.mjs [path]`.
 *
 * A lockfile made on a machine, or against a mirror, that offers the binaries of one platform only names no others,
 * and `npm ci` refuses it. Each optional dependency that is missing gets an entry with its version and the platform
 * that its name tells, so that npm accepts the file and skips what is for another platform. Entries that npm marked
 * as extraneous belong to no package and are dropped. Asks no network; a second run changes nothing.
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

/** Packages for one platform whose names do not say so. */
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

/** Looks where Node would: beside the package itself, then in each folder above. */
function isFound(packages, at, name) {
  for (let folder = at; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (Object.hasOwn(packages, `${folder === '' ? '' : `${folder}/`}node_modules/${name}`)) return true;
    if (folder === '') return false;
  }
}

/** Its fields in npm's own order, so that npm finds nothing to rewrite. */
function stubOf(name, range, { dev, devOptional, peer }) {
  const fields = { ...platformOf(name), dev, devOptional, optional: true, peer };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { version: lowestVersion(name, range), ...Object.fromEntries(present.sort(byName)) };
}

function lowestVersion(name, range) {
  const version = /^[~^]?(\d+\.\d+\.\d+\S*)$/.exec(range)?.[1];
  if (version === undefined) throw new Error(`${name}: no version can be read from the range "${range}"`);
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
    throw new Error(`${name}: its name tells no platform; install it, or add it to BY_NAME`);
  return platform;
}

function sortedByPath(packages) {
  return Object.fromEntries(Object.entries(packages).sort(byName));
}

function byName([a], [b]) {
  return a.localeCompare(b, 'en');
}
