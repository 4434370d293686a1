import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionKey, SessionStore } from 'nest-session';
import { SqliteSessionStore, type SqliteDatabase, type SqliteStoreOptions } from 'nest-session/sqlite';
import { describeStoreContract } from 'nest-session/testing';
import { describeSqlBehaviour, type SqlBench } from './support/sql-behaviour.js';
import { describeWithDriver, SQLITE_DRIVERS, type OpenDatabase } from './support/sqlite-drivers.js';
import { describeSqlPowers } from './support/sql-powers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';
import { sqliteVersion1 } from './support/version-1.js';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'nest-session-sqlite-'));
const newFile = (): string => join(folder, `${newTable()}.db`);
const runner = { describe, it, beforeEach, afterEach };
const spoilt = ['[]', 'no json', '{"n":1}', '"text"'];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const driver of SQLITE_DRIVERS) {
  describeWithDriver(driver, `SqliteSessionStore over ${driver.name}`, (open) => {
    for (const path of [':memory:', 'a file']) {
      const databases = new WeakMap<SessionStore, OpenDatabase>();
      describeStoreContract(`a SqliteSessionStore over ${driver.name} and ${path}`, {
        runner,
        create: () => {
          const database = open(path === ':memory:' ? path : newFile());
          const store = new SqliteSessionStore({ database });
          databases.set(store, database);
          return store;
        },
        notices: false,
        dispose: async (store) => {
          await store.close();
          databases.get(store)!.close();
        },
        spoil: (store: SessionStore, key: SessionKey) => {
          const statement = 'UPDATE nest_session SET attributes = ? WHERE session_key = ?';
          databases.get(store)!.prepare(statement).run('no json', key);
        },
      });
    }

    describeSqlBehaviour(`a SqliteSessionStore over ${driver.name}`, benchOf(open));
    const version1 = sqliteVersion1;
    describeSqlPowers(`a SqliteSessionStore over ${driver.name}`, { ...benchOf(open), version1 });

    it('adds no column again to a table that was restored without its table of versions', async () => {
      const database = open(':memory:');
      const key = newKey();
      await new SqliteSessionStore({ database }).create(key, recordOf({}));
      database.exec('DROP TABLE nest_session_schema');
      const store = new SqliteSessionStore({ database });
      expect(await store.load(key, 'default')).toMatchObject({ revision: 0 });
      await store.migrate();
      database.close();
    });

    it('sees completed writes of another handle of the same file', async () => {
      const path = newFile();
      const databases = [open(path), open(path)];
      const [one, other] = databases.map((database) => new SqliteSessionStore({ database })) as [
        SqliteSessionStore,
        SqliteSessionStore,
      ];
      const key = newKey();
      await one.create(key, recordOf({}));
      for (let n = 0; n < 50; n++) {
        const store = n % 2 === 0 ? one : other;
        expect(await store.patch(key, patchOf({ [`n${n}`]: [null, '1'] }))).toBe('applied');
      }
      expect(await one.load(key)).toMatchObject({ revision: 50, attributes: { size: 50 } });
      expect(await other.delete(key)).toBe('deleted');
      expect(await one.patch(key, patchOf({}))).toBe('missing');
      databases.forEach((database) => database.close());
    });

    it.each(spoilt)('takes a row with the attributes %s for one that cannot be read', async (attributes) => {
      const database = open(':memory:');
      const store = new SqliteSessionStore({ database });
      const key = newKey();
      await store.create(key, recordOf({ n: '1' }));
      database.prepare('UPDATE nest_session SET attributes = ?').run(attributes);
      expect(await store.load(key)).toBe('corrupt');
      expect(await store.patch(key, patchOf({ n: ['1', '2'] }))).toBe('missing');
      expect(await store.deleteExpired(Date.now() + 3_600_001, 10)).toBe(1);
      expect(await store.load(key)).toBeNull();
    });

    it('finds expired sessions, and sessions of a principal, by an index', async () => {
      const database = open(':memory:');
      const store = new SqliteSessionStore({ database });
      await store.migrate();
      const plans: string[] = [];
      const explained = new SqliteSessionStore({
        migrate: false,
        database: {
          exec: (text) => database.exec(text),
          prepare: (text) => {
            const all = (...values: unknown[]): unknown[] => {
              const rows = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...values);
              plans.push(rows.map((row) => (row as { detail: string }).detail).join('\n'));
              return [];
            };
            return { all, run: (...values) => (all(...values), { changes: 0 }) };
          },
        },
      });
      await explained.deleteExpired(Date.now(), 10);
      await explained.listByPrincipal('u', Date.now(), 10);
      await explained.deleteByPrincipal('u', null);
      expect(plans).toEqual([
        expect.stringContaining('nest_session_expires_at'),
        expect.stringContaining('nest_session_principal'),
        expect.stringContaining('nest_session_principal'),
      ]);
    });

    it('uses the attached database in the option table, beside a table of the same name', async () => {
      const database = open(':memory:');
      database.exec(`ATTACH DATABASE '${newFile()}' AS aside`);
      const [inMain, aside] = ['nest_session', 'aside.nest_session'].map(
        (table) => new SqliteSessionStore({ database, table }),
      ) as [SqliteSessionStore, SqliteSessionStore];
      const key = newKey();
      await aside.create(key, recordOf({}));
      expect(await inMain.load(key)).toBeNull();
      expect(await aside.load(key)).not.toBeNull();
      database.close();
    });

    it('does not close a database of the application', async () => {
      const database = open(':memory:');
      await new SqliteSessionStore({ database }).close();
      expect(database.prepare('SELECT 1 AS one').all()).toHaveLength(1);
    });
  });
}

function benchOf(open: (path: string) => OpenDatabase): SqlBench {
  // One file per table, so that a transaction blocks no other test.
  const fileOf = (table: string): string => join(folder, `${table}.db`);
  return {
    open: (table: string, options: { readonly migrate?: boolean } = {}) =>
      new SqliteSessionStore({ database: open(fileOf(table)), table, ...options }),
    run: async (text: string) => {
      const table = /s_[0-9a-f]+/.exec(text)![0];
      const database = open(fileOf(table));
      database.exec(text);
      database.close();
    },
    drop: async (table) => rmSync(fileOf(table), { force: true }),
    countedStore: (table: string) => {
      const texts: string[] = [];
      const database = open(fileOf(table));
      const counted: SqliteDatabase = {
        exec: (text) => database.exec(text),
        prepare: (text) => {
          const statement = database.prepare(text);
          return {
            all: (...values) => (texts.push(text), statement.all(...values)),
            run: (...values) => (texts.push(text), statement.run(...values)),
          };
        },
      };
      return { store: new SqliteSessionStore({ database: counted, table }), texts };
    },
    schemaSql: (table: string) => SqliteSessionStore.schemaSql(table),
  };
}

describe('a SqliteSessionStore with a path', () => {
  it('creates the file for this user only, and finds all sessions again', async () => {
    const path = newFile();
    const key = newKey();
    for (const durability of ['process', 'power'] as const) {
      const store = new SqliteSessionStore({ path, durability });
      await store.create(key, recordOf({ n: '1' }));
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        expect(existsSync(file)).toBe(true);
        expect(statSync(file).mode & 0o777).toBe(0o600);
      }
      await store.close();
      await store.close();
    }
    const again = new SqliteSessionStore({ path });
    expect(await again.load(key)).toMatchObject({ attributes: new Map([['n', '1']]) });
    await again.onApplicationShutdown();
    await expect(again.load(key)).rejects.toThrow(/SqliteSessionStore is closed/);
  });

  it('works in memory', async () => {
    const store = new SqliteSessionStore({ path: ':memory:' });
    const key = newKey();
    expect(await store.create(key, recordOf({}))).toBe('created');
    expect(await store.load(key)).not.toBeNull();
    await store.close();
    expect(existsSync(':memory:')).toBe(false);
  });

  it('throws when the folder does not exist', () => {
    expect(() => new SqliteSessionStore({ path: join(folder, 'nowhere', 'x.db') })).toThrow(/ENOENT/);
  });

  it('retries a failed migration at the next call', async () => {
    const path = newFile();
    const first = new SqliteSessionStore({ path });
    await first.migrate();
    const libsql = new (require('libsql') as new (path: string) => OpenDatabase)(path);
    let isUp = false;
    const database: SqliteDatabase = {
      exec: (text) => {
        if (!isUp) throw new Error('the disk is full');
        return libsql.exec(text);
      },
      prepare: (text) => libsql.prepare(text),
    };
    const store = new SqliteSessionStore({ database, table: 'other' });
    await expect(Promise.all(times(3, () => store.load(newKey())))).rejects.toThrow(/failed.* withheld/);
    isUp = true;
    expect(await store.create(newKey(), recordOf({}))).toBe('created');
    libsql.close();
    await first.close();
  });
});

describe('the options of the SqliteSessionStore', () => {
  const database = { prepare: () => ({ all: () => [], run: () => ({ changes: 0 }) }), exec: () => undefined };
  it.each([
    ['nothing', undefined, /needs an object with options, got undefined/],
    ['neither database nor path', {}, /needs exactly one of the options database and path, got neither/],
    ['both database and path', { database, path: ':memory:' }, /exactly one of the options .* got both/],
    ['a database that cannot prepare', { database: {} }, /option database .* libsql, got an object/],
    [
      'a database that is a string',
      { database: 'x.db' },
      /option database .* got a string of \d+ characters\.$/,
    ],
    ['an empty path', { path: '' }, /option path .* must be the path of a file, got ""/],
    [
      'a path that is a URL',
      { path: 'libsql://u:secret@h' },
      /option path .* got a string of \d+ characters\.$/,
    ],
    [
      'an unknown durability',
      { path: 'x', durability: 'full' },
      /"process" or "power", got a string of \d+ characters/,
    ],
    [
      'a durability with a database of the application',
      { database, durability: 'power' },
      /durability .* needs the option path/,
    ],
    [
      'a table with a quote',
      { database, table: 'a"b' },
      /option table .* must be the name of a table: .* got a string of \d+ characters/,
    ],
    [
      'migrate that is not a boolean',
      { database, migrate: null },
      /option migrate .* true or false, got null/,
    ],
    ['an unknown option', { database, prepare: true }, /has no option "prepare"\. Its options are table,/],
  ])('throw for %s', (_, options, message) => {
    const make = (): unknown => new SqliteSessionStore(options as unknown as SqliteStoreOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('require a valid table name in schemaSql()', () => {
    expect(SqliteSessionStore.schemaSql('a.b')).toContain('"a"."b"');
    expect(SqliteSessionStore.schemaSql()).toContain('"nest_session"');
    expect(() => SqliteSessionStore.schemaSql('a;b')).toThrow(/option table/);
  });
});
