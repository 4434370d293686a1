import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from './install-package.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const JEST = createRequire(import.meta.url).resolve('jest/bin/jest');
const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

/** A test of an application, in CommonJS as the transforms for TypeScript produce it. It loads each entry point. */
const APPLICATION_TEST = `
  const { MemorySessionStore, SessionModule } = require('nest-session');
  const { SessionStore } = require('nest-session/http');
  const stores = {
    LmdbSessionStore: [require('nest-session/lmdb'), { path: process.env.FOLDER + '/lmdb' }],
    MysqlSessionStore: [require('nest-session/mysql'), { url: 'mysql://127.0.0.1:1/none' }],
    PostgresSessionStore: [require('nest-session/postgres'), { url: 'postgres://127.0.0.1:1/none' }],
    RedisSessionStore: [require('nest-session/redis'), { url: 'redis://127.0.0.1:1' }],
    SqliteSessionStore: [require('nest-session/sqlite'), { path: process.env.FOLDER + '/sqlite' }],
  };
  test('the module', () => {
    expect(new MemorySessionStore()).toBeInstanceOf(SessionStore);
    expect(typeof SessionModule.forRoot).toBe('function');
  });
  test.each(Object.keys(stores))('%s', async (name) => {
    const [entry, options] = stores[name];
    const store = new entry[name](options);
    expect(store).toBeInstanceOf(SessionStore);
    await store.onApplicationShutdown();
  });
  test('the entry point for express-session, and its alias', () => {
    const entry = require('nest-session/express');
    expect(typeof (entry.default ?? entry)).toBe('function');
    expect(typeof require('express-session')).toBe('function');
    expect(require('express-session').Store).toBe(entry.Store);
  });
`;

describe('the Jest settings of the README', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nest-session-jest-')));
  const mapper = { '^express-session$': '<rootDir>/express-session.cjs' };

  beforeAll(() => {
    installPackage(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(folder, 'application.test.js'), APPLICATION_TEST);
    const [, alias] = block('docs/migrating-from-express-session.md', 'js');
    writeFileSync(join(folder, 'express-session.cjs'), alias!);
    mkdirSync(join(folder, 'data'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const jest = (
    configuration: object,
    flags: readonly string[],
  ): { status: number | null; output: string } => {
    const config = { rootDir: folder, cache: false, moduleNameMapper: mapper, ...configuration };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, JEST, '--config', JSON.stringify(config)],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '', FOLDER: join(folder, 'data') },
      },
    );
    return { status, output: stdout + stderr };
  };

  it('work with @swc/jest, on each Node', () => {
    const [text] = block('README.md', 'json');
    const configuration = JSON.parse(text!) as { transform: Record<string, unknown> };
    delete configuration.transform['^.+\\.ts$'];
    const { status, output } = jest(configuration, []);
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringMatching(/Tests: +7 passed/) as string,
    });
  });

  if (NODE_MAJOR >= 24) {
    it('work with only the flag, on Node 24 and later', () => {
      const { status, output } = jest({}, ['--experimental-vm-modules']);
      expect({ status, output }).toEqual({
        status: 0,
        output: expect.stringMatching(/Tests: +7 passed/) as string,
      });
    });
  }

  it('are necessary: without them the package cannot be loaded', () => {
    const { status, output } = jest({}, []);
    expect(status).toBe(1);
    expect(output).toContain('ES Module');
  });
});

function block(path: string, language: string): string[] {
  if (!existsSync(join(ROOT, path))) return [];
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1]!,
  );
}
