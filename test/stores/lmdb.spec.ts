import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Test } from '@nestjs/testing';
import {
  MemorySessionStore,
  SessionModule,
  SessionStore,
  type SessionKey,
  type SessionRecord,
} from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { describeStoreContract } from 'nest-session/testing';
import { SECRET } from '../support/secret.js';

const folder = mkdtempSync(join(tmpdir(), 'nest-session-lmdb-'));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStoreContract('LmdbSessionStore', {
  runner: { describe, it, beforeEach, afterEach },
  create: () => new LmdbSessionStore({ path: join(folder, String(count++)) }),
  notices: false,
  dispose: (store) => store.close(),
});

describe('LmdbSessionStore', () => {
  it('creates its folder and the parents, readable for this user only', async () => {
    const path = join(folder, 'a', 'b', 'sessions');
    const store = new LmdbSessionStore({ path });
    store.open();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await store.close();
    await store.close();
  });

  it('creates no file before it is opened', async () => {
    const path = join(folder, 'unopened');
    const store = new LmdbSessionStore({ path });
    expect(existsSync(path)).toBe(false);
    await store.close();
    expect(existsSync(path)).toBe(false);
    expect(() => store.open()).toThrow('is closed');
  });

  it('opens at its first operation, also if that is a delete', async () => {
    const store = new LmdbSessionStore({ path: join(folder, 'first') });
    expect(await store.delete(key(1))).toBe('missing');
    await store.close();
  });

  it('leaves only the files of LMDB', async () => {
    const path = join(folder, 'files');
    const store = new LmdbSessionStore({ path });
    store.open();
    await store.close();
    expect(readdirSync(path).sort()).toEqual(['data.mdb', 'lock.mdb']);
  });

  it.each([
    ['no path', undefined as never, /must be the path of a folder, got undefined/],
    ['an empty path', '', /must be the path of a folder, got ""/],
  ])('throws for %s', (_, path, message) => {
    expect(() => new LmdbSessionStore({ path })).toThrow(message);
  });

  it.each([[0], [1.5], [-1], [131_071], [Number.NaN], ['1 GB' as never]])(
    'throws for the limit %p',
    (maxBytes) => {
      expect(() => new LmdbSessionStore({ path: folder, maxBytes })).toThrow(/maxBytes .* at least 131072/);
    },
  );

  const impossible = [
    ['a path that cannot be created', '/proc/nowhere/sessions', /ENOENT/],
    ['a path below a file', join(fileURLToPath(import.meta.url), 'sessions'), /ENOTDIR|EEXIST/],
  ] as const;

  it.each(impossible)('fails to open %s', (_, path, message) => {
    expect(() => new LmdbSessionStore({ path }).open()).toThrow(message);
  });

  it.each(impossible)('fails the start of an application with %s', async (_, path, message) => {
    const store = new LmdbSessionStore({ path });
    const started = Test.createTestingModule({ imports: [SessionModule.forRoot({ secret: SECRET, store })] });
    const app = (await started.compile()).createNestApplication({ logger: false });
    await expect(app.init()).rejects.toThrow(message);
  });

  it('is not opened by an application whose test overrides the store', async () => {
    const path = join(folder, 'overridden');
    const store = new LmdbSessionStore({ path });
    const started = Test.createTestingModule({ imports: [SessionModule.forRoot({ secret: SECRET, store })] })
      .overrideProvider(SessionStore)
      .useValue(new MemorySessionStore());
    const app = (await started.compile()).createNestApplication({ logger: false });
    await app.init();
    await app.close();
    expect(existsSync(path)).toBe(false);
  });
});

describe('the limit maxBytes of the LmdbSessionStore', () => {
  const maxBytes = 1024 * 1024;

  /** Writes sessions until one is rejected. */
  async function fill(store: LmdbSessionStore): Promise<{ count: number; refusal: string }> {
    for (let count = 0; ; count++) {
      const refusal = await store.create(key(count), record(10_000)).then(
        () => null,
        (error: Error) => error.message,
      );
      if (refusal !== null) return { count, refusal };
    }
  }

  it('rejects writes above it, and is used for the most part', async () => {
    const path = join(folder, 'limited');
    const store = new LmdbSessionStore({ path, maxBytes });
    const { count, refusal } = await fill(store);
    expect(refusal).toMatch(/has reached maxBytes 1048576/);
    expect(count).toBeGreaterThan(50);
    expect(count).toBeLessThan(90);
    expect(statSync(join(path, 'data.mdb')).size).toBeLessThan(1.5 * maxBytes);
    await store.close();
  });

  it('still allows touches, smaller records and deletes, which free space', async () => {
    const store = new LmdbSessionStore({ path: join(folder, 'shrinking'), maxBytes });
    const { count } = await fill(store);
    const touch = { touchedAt: 2, expiresAt: 9, principal: { from: null, to: null }, changes: new Map() };
    expect(await store.patch(key(0), touch)).toBe('applied');
    const larger = new Map([['more', { from: null, to: '1' }]]);
    await expect(store.patch(key(0), { ...touch, changes: larger })).rejects.toThrow('maxBytes');
    for (let n = 0; n < 5; n++) expect(await store.delete(key(n))).toBe('deleted');
    expect(await store.create(key(count), record(10_000))).toBe('created');
    await store.close();
  });

  it('evicts no session of a principal for a login that does not fit', async () => {
    const store = new LmdbSessionStore({ path: join(folder, 'full'), maxBytes });
    const owned = { ...record(100), principal: 'u1' };
    await store.create('owned' as SessionKey, owned);
    const { count } = await fill(store);
    const limit = { most: 1, whenReached: 'evict-oldest', at: 0 } as const;
    const terms = { realm: 'default', isLogin: true, limit };
    const large = { ...record(20_000), principal: 'u1' };
    await expect(store.create(key(count), large, terms)).rejects.toThrow('maxBytes');
    await expect(store.rekey(key(0), key(count), large, 0, terms)).rejects.toThrow('maxBytes');
    expect(await store.load('owned' as SessionKey)).toEqual(owned);
    expect(await store.load(key(0))).not.toBeNull();
    expect(await store.advanceEpoch('default')).toBe(1);
    expect(await store.load(key(0), 'default')).toBe('revoked');
    await store.close();
  });

  it('also limits the size of the file while sessions of all sizes are created and deleted', async () => {
    const path = join(folder, 'churn');
    const store = new LmdbSessionStore({ path, maxBytes });
    let refused = 0;
    for (let n = 0; n < 1000; n += 20) {
      const some = Array.from({ length: 20 }, (_, at) => n + at);
      const created = await Promise.allSettled(
        some.map((at) => store.create(key(at), record((at * 7919) % 30_000))),
      );
      refused += created.filter(({ status }) => status === 'rejected').length;
      await Promise.all(some.map((at) => store.delete(key(at - 100))));
    }
    expect(refused).toBeGreaterThan(0);
    expect(statSync(join(path, 'data.mdb')).size).toBeLessThan(2.5 * maxBytes);
    await store.close();
  });
});

function key(n: number): SessionKey {
  return `key${n}` as SessionKey;
}

function record(length: number): SessionRecord {
  const attributes = new Map([['text', JSON.stringify('x'.repeat(length))]]);
  return { createdAt: 1, touchedAt: 1, expiresAt: 2, principal: null, revision: 0, attributes };
}
