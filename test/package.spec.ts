import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const ENTRIES = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => join('nest-session', path));

/** Loads each entry both ways, and tells what it exports, whether both ways gave the same, and what else loads with it. */
const CONSUMER = `
  (async () => {
    const told = {};
    for (const entry of process.argv.slice(2)) {
      const required = require(entry);
      const imported = await import(entry);
      const names = Object.keys(imported);
      // Where require() gives one of the exports itself, the others are its parts.
      const whole = ['default', 'module.exports', 'session'];
      const parts = 'module.exports' in imported ? names.filter((name) => !whole.includes(name)) : names;
      const same = parts.length === Object.keys(required).length && parts.every((name) => imported[name] === required[name]);
      told[entry] = { names, same: same && (parts === names || whole.every((name) => imported[name] === required)) };
    }
    const { LmdbSessionStore } = require('nest-session/lmdb');
    told.oneBase = LmdbSessionStore.prototype instanceof require('nest-session/http').SessionStore;
    try {
      new LmdbSessionStore({ path: 'data' });
    } catch (error) {
      told.withoutLmdb = error.message;
    }
    console.log(JSON.stringify(told));
  })();
`;

interface Told {
  readonly [entry: string]: unknown;
  readonly oneBase: boolean;
  readonly withoutLmdb: string;
}

const npm = (...args: string[]): string =>
  execFileSync('npm', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });

describe('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-package-'));
  const unpacked = join(folder, 'package');
  let files: string[];

  beforeAll(() => {
    if (!existsSync(join(ROOT, 'dist/index.js'))) {
      throw new Error('These tests look at the built package, and dist is missing: npm run build');
    }
    const [listed] = JSON.parse(npm('pack', '--dry-run', '--json')) as [{ files: { path: string }[] }];
    files = listed.files.map(({ path }) => path);
    const [packed] = JSON.parse(npm('pack', '--json', '--pack-destination', folder)) as [
      { filename: string },
    ];
    execFileSync('tar', ['-xzf', packed.filename], { cwd: folder });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const consume = (name: string, installed: readonly string[], entries: readonly string[]): Told => {
    const consumer = join(folder, name);
    mkdirSync(join(consumer, 'node_modules'), { recursive: true });
    cpSync(unpacked, join(consumer, 'node_modules/nest-session'), { recursive: true });
    for (const dependency of installed) link(dependency, consumer);
    writeFileSync(join(consumer, 'consumer.cjs'), CONSUMER);
    const told = execFileSync(process.execPath, ['consumer.cjs', ...entries], {
      cwd: consumer,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return JSON.parse(told) as Told;
  };

  it('holds dist, README, LICENSE and CHANGELOG, and nothing else', () => {
    const others = files.filter((path) => !/^dist\/[\w./-]+\.(js|d\.ts)$/.test(path));
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(files.length).toBeGreaterThan(others.length + 50);
  });

  it('holds each file that its exports and typesVersions name', () => {
    const { exports, typesVersions } = JSON.parse(
      readFileSync(join(unpacked, 'package.json'), 'utf8'),
    ) as Record<string, unknown>;
    const named = JSON.stringify([exports, typesVersions]).match(/(?<=")\.\/[^"]+\.(json|js|d\.ts)(?=")/g)!;
    expect(named.filter((path) => !existsSync(join(unpacked, path)))).toEqual([]);
    expect(named.length).toBeGreaterThan(ENTRIES.length * 2);
  });

  it('gives require() and import() the same classes, from each entry', () => {
    const everything = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    const told = consume('with-nest', everything, ENTRIES);
    for (const entry of ENTRIES)
      expect([entry, told[entry]]).toEqual([entry, expect.objectContaining({ same: true })]);
    expect(told['nest-session']).toMatchObject({
      names: expect.arrayContaining(['SessionModule', 'Session', 'SessionStore']) as string[],
    });
    expect(told.oneBase).toBe(true);
  });

  it('needs Nest for its main entry only, and lmdb for an LmdbSessionStore only', () => {
    const entries = ENTRIES.filter((entry) => entry !== 'nest-session');
    const told = consume('without-nest', Object.keys(manifest.dependencies), entries);
    for (const entry of entries)
      expect([entry, told[entry]]).toEqual([entry, expect.objectContaining({ same: true })]);
    expect(told.withoutLmdb).toContain('npm install lmdb');
    expect(() => consume('without-nest-main', Object.keys(manifest.dependencies), ENTRIES)).toThrow(
      '@nestjs/common',
    );
  });

  it('names in its types no package that a user may not have: neither a driver nor what has its types elsewhere', () => {
    const foreign = files
      .filter((path) => path.endsWith('.d.ts'))
      .flatMap((path) =>
        packagesIn(readFileSync(join(unpacked, path), 'utf8')).map((name) => ({ path, name })),
      )
      .filter(({ path, name }) => !(path.startsWith('dist/nest/') && /^@nestjs\/(common|core)$/.test(name)));
    expect(foreign).toEqual([]);
  });
});

function link(dependency: string, consumer: string): void {
  const target = join(consumer, 'node_modules', dependency);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(realpathSync(join(ROOT, 'node_modules', dependency)), target, 'junction');
}

/** The packages that a declaration file imports or refers to, Node's own modules left out. */
function packagesIn(declarations: string): string[] {
  // Examples in doc comments import what they need.
  const found = declarations
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .matchAll(
      /(?:\bfrom|\bimport|\bimport\(|\brequire\(|<reference (?:types|path)=)\s*["']([^"'.][^"']*)["']/g,
    );
  return [...found].map((match) => match[1]!).filter((name) => !name.startsWith('node:'));
}
