import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { describeStoreContract } from 'nest-session/testing';

const folder = mkdtempSync(join(tmpdir(), 'nest-session-lmdb-'));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStoreContract('LmdbSessionStore', {
  runner: { describe, it, beforeEach, afterEach },
  create: () => new LmdbSessionStore({ path: join(folder, String(count++)) }),
  dispose: (store) => store.close(),
});

describe('LmdbSessionStore', () => {
  it('makes its folder, and those above it, for this user alone', async () => {
    const path = join(folder, 'a', 'b', 'sessions');
    const store = new LmdbSessionStore({ path });
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await store.close();
    await store.close();
  });

  it.each([
    ['a path that cannot be made', '/proc/nowhere/sessions', /ENOENT/],
    ['a path below a file', join(fileURLToPath(import.meta.url), 'sessions'), /ENOTDIR|EEXIST/],
    ['no path', undefined as never, /must be the path of a folder, got undefined/],
    ['an empty path', '', /must be the path of a folder, got ""/],
  ])('refuses %s at start', (_, path, message) => {
    expect(() => new LmdbSessionStore({ path })).toThrow(message);
  });
});
