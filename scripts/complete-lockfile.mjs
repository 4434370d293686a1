/**
 * Completes package-lock.json: `node scripts/complete-lockfile.mjs [PATH]`.
 *
 * A registry or mirror can offer binaries for one platform only. A lockfile made with it lacks the optional dependencies
 * for other platforms, and `npm ci` refuses such a lockfile. The script adds an entry for each of them, with its version
 * and the platform that its name contains: npm then accepts the file, and skips packages for other platforms. It removes
 * entries that npm has marked as extraneous. It uses no network, and is idempotent.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readArguments } from './read-arguments.mjs';

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

/** Packages for one platform whose names do not contain it. */
const BY_NAME = { fsevents: { os: ['darwin'] } };

const { positionals, refuse } = readArguments({
  usage: 'node scripts/complete-lockfile.mjs [PATH]',
  allowPositionals: true,
});
if (positionals.length > 1) refuse(`Expected one path, got ${positionals.length}.`);
const [path = 'package-lock.json'] = positionals;
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

/** Searches the folders of Node's own resolution: beside the package itself, then in each folder above. */
function isFound(packages, at, name) {
  for (let folder = at; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (Object.hasOwn(packages, `${folder === '' ? '' : `${folder}/`}node_modules/${name}`)) return true;
    if (folder === '') return false;
  }
}

/** The entry of a package, with its fields in npm's own order, so that npm does not rewrite them. */
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
    throw new Error(`${name}: its name contains no platform; install it, or add it to BY_NAME`);
  return platform;
}

function sortedByPath(packages) {
  return Object.fromEntries(Object.entries(packages).sort(byName));
}

function byName([a], [b]) {
  return a.localeCompare(b, 'en');
}
