import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { door } from '../lib/build.mjs';

const DAY_MS = 86_400_000;
const table = `bench_${randomBytes(4).toString('hex')}`;
const prefix = `${table}:`;

/**
 * Stores, with the operations of a request. `make` creates a session, `read` loads one, and `change` loads
 * one and saves a change. `touch` exists where moving the expiry is a separate operation. nest-session
 * touches now and then. express-session touches with each request, so its `read` includes the touch.
 */
export const STORES = {
  'nest-session, redis': async (urls) => {
    const client = await nodeRedis(urls);
    const { RedisSessionStore } = await door('stores/redis');
    return ours(new RedisSessionStore({ client, prefix }));
  },
  'nest-session, redis by url': async ({ TEST_REDIS_URL: url }) => {
    const { RedisSessionStore } = await door('stores/redis');
    return ours(new RedisSessionStore({ url, prefix }));
  },
  'nest-session, ioredis': async (urls) => {
    const { Redis } = await import('ioredis');
    const { RedisSessionStore } = await door('stores/redis');
    return ours(new RedisSessionStore({ client: new Redis(urls.TEST_REDIS_URL), prefix }));
  },
  'connect-redis': async (urls) => {
    const { RedisStore } = await import('connect-redis');
    return theirs(new RedisStore({ client: await nodeRedis(urls), prefix }));
  },
  'nest-session, postgres': async (urls) => {
    const pool = await postgres(urls);
    const { PostgresSessionStore } = await door('stores/postgres');
    const store = new PostgresSessionStore({ client: pool, table });
    return { ...ours(store), close: () => pool.query(`DROP TABLE IF EXISTS ${table}`) };
  },
  'connect-pg-simple': async (urls) => {
    const { default: session } = await import('express-session');
    const { default: connect } = await import('connect-pg-simple');
    const pool = await postgres(urls);
    const Store = connect(session);
    const options = { pool, tableName: table, createTableIfMissing: true, pruneSessionInterval: false };
    return { ...theirs(new Store(options)), close: () => pool.query(`DROP TABLE IF EXISTS ${table}`) };
  },
  'nest-session, mysql': async (urls) => {
    const { createPool } = await import('mysql2/promise');
    const client = createPool(urls.TEST_MYSQL_URL);
    const { MysqlSessionStore } = await door('stores/mysql');
    const store = new MysqlSessionStore({ client, table });
    return { ...ours(store), close: () => client.query(`DROP TABLE IF EXISTS ${table}`) };
  },
  'nest-session, sqlite': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-session-bench-'));
    const { SqliteSessionStore } = await door('stores/sqlite');
    const store = new SqliteSessionStore({ path: join(folder, 'sessions.db') });
    return { ...ours(store), close: () => rmSync(folder, { recursive: true }) };
  },
  'nest-session, lmdb': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-session-bench-'));
    const { LmdbSessionStore } = await door('stores/lmdb');
    return {
      ...ours(new LmdbSessionStore({ path: folder })),
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};

async function nodeRedis({ TEST_REDIS_URL }) {
  const { createClient } = await import('redis');
  return createClient({ url: TEST_REDIS_URL }).connect();
}

async function postgres({ TEST_POSTGRES_URL }) {
  const { default: pg } = await import('pg');
  return new pg.Pool({ connectionString: TEST_POSTGRES_URL, max: 10 });
}

function ours(store) {
  const keyOf = (index) => `1.${String(index).padStart(43, 'k')}`;
  const instants = () => ({ touchedAt: Date.now(), expiresAt: Date.now() + DAY_MS });
  const nobody = { from: null, to: null };
  const patch = (key, changes) =>
    store.patch(key, { ...instants(), principal: nobody, changes: new Map(changes) });
  return {
    make: (index, data) => {
      const texts = Object.entries(data).map(([name, value]) => [name, JSON.stringify(value)]);
      const attributes = new Map([...texts, ['visits', '0']]);
      return store.create(keyOf(index), {
        ...{ createdAt: Date.now(), ...instants() },
        ...{ principal: null, revision: 0, attributes },
      });
    },
    read: async (index) => void (await found(store.load(keyOf(index)))),
    touch: (index) => patch(keyOf(index), []),
    change: async (index) => {
      const { attributes } = await found(store.load(keyOf(index)));
      const from = attributes.get('visits');
      await patch(keyOf(index), [['visits', { from, to: String(Number(from) + 1) }]]);
    },
  };
}

/** Calls a store as express-session does. */
function theirs(store) {
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
  const [get, set, touch] = ['get', 'set', 'touch'].map((method) => promisify(store[method].bind(store)));
  const idOf = (index) => String(index).padStart(32, 'k');
  return {
    make: (index, data) => set(idOf(index), { cookie, ...data, visits: 0 }),
    read: async (index) => {
      const session = await found(get(idOf(index)));
      await touch(idOf(index), session);
    },
    change: async (index) => {
      const session = await found(get(idOf(index)));
      session.visits++;
      await set(idOf(index), session);
    },
  };
}

async function found(loading) {
  const session = await loading;
  if (!session) throw new Error('The store did not find a session that was created before.');
  return session;
}
