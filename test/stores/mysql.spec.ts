import type { SessionKey } from 'nest-session';
import { MysqlSessionStore, type MysqlStoreOptions, type MysqlValue } from 'nest-session/mysql';
import { describeStoreContract } from 'nest-session/testing';
import mysqlCallbacks from 'mysql2';
import mysql from 'mysql2/promise';
import type { WriteTerms } from '../../lib/core/store/session-store.js';
import { describeWithServer } from '../support/servers.js';
import { describeSqlBehaviour, type SqlBench } from './support/sql-behaviour.js';
import { describeSqlPowers } from './support/sql-powers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';
import { mysqlVersion1 } from './support/version-1.js';

const runner = { describe, it, beforeEach, afterEach };
/** One session per principal. */
const LIMITED: WriteTerms = {
  realm: 'default',
  isLogin: true,
  limit: { most: 1, whenReached: 'evict-oldest', at: 0 },
};

describeWithServer('mariadb', 'MysqlSessionStore', (url) => {
  let pool: mysql.Pool;
  let callbackPool: mysqlCallbacks.Pool;
  let connection: mysql.Connection;
  let callbackConnection: mysqlCallbacks.Connection;
  let changedRows: mysql.Pool;
  let readCommitted: mysql.Pool;
  const contractTables: string[] = [];
  beforeAll(async () => {
    pool = mysql.createPool({ uri: url, multipleStatements: true });
    callbackPool = mysqlCallbacks.createPool(url);
    connection = await mysql.createConnection(url);
    callbackConnection = mysqlCallbacks.createConnection(url);
    changedRows = mysql.createPool({ uri: url, flags: ['-FOUND_ROWS'] });
    readCommitted = mysql.createPool(url);
    readCommitted.pool.on('connection', (fresh) =>
      fresh.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'),
    );
  });
  afterAll(async () => {
    for (const table of contractTables) await drop(table);
    await Promise.all([connection.end(), callbackConnection.promise().end(), callbackPool.promise().end()]);
    await Promise.all([changedRows.end(), readCommitted.end(), pool.end()]);
  });

  const drop = async (table: string): Promise<void> => {
    await pool.query(`DROP TABLE IF EXISTS ${table}, ${table}_epochs`);
  };

  /** Empties one table, because a server needs much longer to create one for each case. */
  const contract = (name: string, options: () => MysqlStoreOptions): void => {
    const table = newTable();
    contractTables.push(table);
    describeStoreContract(name, {
      runner,
      create: async () => {
        const store = new MysqlSessionStore({ ...options(), table });
        await store.migrate();
        await pool.query(`DELETE FROM ${table}; DELETE FROM ${table}_epochs`);
        return store;
      },
      notices: false,
      dispose: (store) => store.close(),
      spoil: async (_store, key: SessionKey) => {
        await pool.query(`UPDATE ${table} SET attributes = '[]' WHERE session_key = ?`, [key]);
      },
    });
  };

  contract('a MysqlSessionStore over a pool of promises', () => ({ client: pool }));
  contract('a MysqlSessionStore over a pool of callbacks', () => ({ client: callbackPool }));
  contract('a MysqlSessionStore over a connection of promises', () => ({ client: connection }));
  contract('a MysqlSessionStore over a connection of callbacks', () => ({ client: callbackConnection }));
  contract('a MysqlSessionStore over a pool that counts changed rows', () => ({ client: changedRows }));
  contract('a MysqlSessionStore over READ COMMITTED', () => ({ client: readCommitted }));
  contract('a MysqlSessionStore without prepared statements', () => ({ client: pool, prepare: false }));
  contract('a MysqlSessionStore with a URL', () => ({ url }));

  const bench: Omit<SqlBench, 'open'> = {
    run: async (text) => void (await pool.query(text)),
    drop,
    countedStore: (table) => {
      const texts: string[] = [];
      const client = {
        query: (text: string, values?: MysqlValue[]) => (texts.push(text), pool.query(text, values)),
        execute: (text: string, values?: MysqlValue[]) => {
          texts.push(text);
          return pool.execute(text, values);
        },
      };
      return { store: new MysqlSessionStore({ client, table }), texts };
    },
    schemaSql: (table) => MysqlSessionStore.schemaSql(table),
  };
  describeSqlBehaviour('a MysqlSessionStore', {
    ...bench,
    open: (table, options = {}) => new MysqlSessionStore({ url, table, ...options }),
  });
  describeSqlBehaviour('a MysqlSessionStore over READ COMMITTED', {
    ...bench,
    open: (table, options = {}) => new MysqlSessionStore({ client: readCommitted, table, ...options }),
  });
  const powers = { ...bench, version1: mysqlVersion1 };
  describeSqlPowers('a MysqlSessionStore', {
    ...powers,
    open: (table, options = {}) => new MysqlSessionStore({ url, table, ...options }),
  });
  describeSqlPowers('a MysqlSessionStore over one connection', {
    ...powers,
    open: (table, options = {}) => new MysqlSessionStore({ client: connection, table, ...options }),
  });
  describeSqlPowers('a MysqlSessionStore over a pool that counts changed rows', {
    ...powers,
    open: (table, options = {}) => new MysqlSessionStore({ client: changedRows, table, ...options }),
  });

  describe('a MysqlSessionStore', () => {
    let table: string;
    beforeEach(() => {
      table = newTable();
    });
    afterEach(async () => {
      await drop(table);
    });

    it('uses the database in the option table', async () => {
      await pool.query(`CREATE DATABASE ${table}`);
      const store = new MysqlSessionStore({ client: pool, table: `${table}.Sessions` });
      await store.create(newKey(), recordOf({}));
      const [rows] = await pool.query(`SELECT * FROM ${table}.Sessions`);
      expect(rows).toHaveLength(1);
      await pool.query(`DROP DATABASE ${table}`);
    });

    it('creates a table whose name differs from that of another one only in case', async () => {
      for (const name of [table, table.toUpperCase()]) {
        const store = new MysqlSessionStore({ client: pool, table: name });
        expect(await store.create(newKey(), recordOf({}))).toBe('created');
      }
      await drop(table.toUpperCase());
    });

    it('needs no right to create tables when its table exists', async () => {
      await new MysqlSessionStore({ client: pool, table }).migrate();
      const query = async (text: string, values?: MysqlValue[]): Promise<unknown> => {
        if (/^(CREATE|ALTER|SELECT GET_LOCK)/.test(text)) throw new Error('denied');
        return pool.query(text, values);
      };
      const store = new MysqlSessionStore({ client: { query, execute: query }, table });
      expect(await store.create(newKey(), recordOf({}))).toBe('created');
    });

    it('adds no column again to a table that was restored without its comment', async () => {
      await new MysqlSessionStore({ client: pool, table }).migrate();
      await pool.query(`ALTER TABLE ${table} COMMENT = 'restored'`);
      const store = new MysqlSessionStore({ client: pool, table });
      expect(await store.create(newKey(), recordOf({}))).toBe('created');
      const [rows] = await pool.query<mysql.RowDataPacket[]>(`SHOW TABLE STATUS LIKE '${table}'`);
      expect(rows[0]?.['Comment']).toBe('nest-session schema 2');
    });

    it('rejects a login with a limit when another node holds its lock for two seconds', async () => {
      const holder = await pool.getConnection();
      const sent: string[] = [];
      const send = (text: string, values?: MysqlValue[]): Promise<unknown> => {
        sent.push(text);
        return holder.query(text, values);
      };
      const store = new MysqlSessionStore({ client: pool, table });
      const login = (other = store): Promise<unknown> =>
        other.create(newKey(), recordOf({}, { principal: 'u' }), LIMITED);
      await login(new MysqlSessionStore({ client: { query: send, execute: send }, table }));
      const lock = sent.find((text) => text.includes('GET_LOCK') && text.includes(' login '))!;
      await holder.query(lock);
      await expect(login()).rejects.toThrow(/held a lock .* for more than 2 seconds/);
      await holder.query(lock.replace(/GET_LOCK\((.*), \d+\)/, 'RELEASE_LOCK($1)'));
      holder.release();
      expect(await login()).toHaveProperty('evicted');
      expect(await store.listByPrincipal('u', 0, 10)).toHaveLength(1);
    });

    it('retries a failed migration at the next call', async () => {
      let isUp = false;
      const guarded = async (text: string, values?: MysqlValue[]): Promise<unknown> => {
        if (!isUp) throw new Error('the database is down');
        return pool.query(text, values);
      };
      const store = new MysqlSessionStore({ client: { query: guarded, execute: guarded }, table });
      await expect(Promise.all(times(3, () => store.load(newKey())))).rejects.toThrow(
        /MysqlSessionStore failed/,
      );
      isUp = true;
      expect(await store.create(newKey(), recordOf({}))).toBe('created');
    });

    it('prepares few statements for patches with any number of attributes', async () => {
      const texts = new Set<string>();
      const client = {
        query: (text: string, values?: MysqlValue[]) => pool.query(text, values),
        execute: (text: string, values?: MysqlValue[]) => {
          texts.add(text);
          return pool.execute(text, values);
        },
      };
      const store = new MysqlSessionStore({ client, table });
      await store.migrate();
      texts.clear();
      const key = newKey();
      await store.create(key, recordOf({}));
      for (let n = 1; n <= 33; n++) {
        const changes = Object.fromEntries(
          times(n, (m): [string, [string | null, string]] => [`${n}-${m}`, [null, '1']]),
        );
        expect(await store.patch(key, patchOf(changes))).toBe('applied');
      }
      expect(texts.size).toBe(1 + 7);
    });

    it('prepares no statement with prepare: false', async () => {
      // Counts this connection only: other tests prepare statements on the same server.
      const one = await mysql.createConnection(url);
      const statusOf = async (): Promise<string> => {
        const [rows] = await one.query<mysql.RowDataPacket[]>(`SHOW SESSION STATUS LIKE 'Com_stmt_prepare'`);
        return String(rows[0]?.['Value']);
      };
      const before = await statusOf();
      const stores = [false, true].map((prepare) => new MysqlSessionStore({ client: one, table, prepare }));
      await stores[0]!.create(newKey(), recordOf({ n: `"' \\\\ \\" ?"` }));
      expect(await statusOf()).toBe(before);
      await stores[1]!.create(newKey(), recordOf({}));
      expect(await statusOf()).not.toBe(before);
      await one.end();
    });

    it('finds expired sessions, and sessions of a principal, by an index', async () => {
      const store = new MysqlSessionStore({ client: pool, table });
      const record = recordOf({}, { principal: 'u', expiresAt: 5 });
      await store.create(newKey(), record);
      for (let n = 0; n < 300; n++) await store.create(newKey(), recordOf({}, { principal: `u${n}` }));
      // The server updates its statistics of the table in the background.
      await pool.query(`ANALYZE TABLE ${table}`);
      const keys: unknown[] = [];
      const explain = async (text: string, values?: MysqlValue[]): Promise<unknown> => {
        if (/LOCK|information_schema|^SET/.test(text) && !text.startsWith('DELETE'))
          return pool.query(text, values);
        const [rows] = await pool.query<mysql.RowDataPacket[]>(`EXPLAIN ${text}`, values);
        keys.push(rows.map((row) => row['key'] as unknown));
        return text.startsWith('SELECT id')
          ? pool.query(text, values)
          : [{ affectedRows: 0, map: () => [], flatMap: () => [] }];
      };
      const explained = new MysqlSessionStore({ client: { query: explain, execute: explain }, table });
      await explained.deleteExpired(10, 1000);
      await explained.listByPrincipal('u', 0, 10).catch(() => undefined);
      await explained.deleteByPrincipal('u', null);
      expect(keys).toEqual([
        ['expires_at'],
        [null, 'PRIMARY', 'PRIMARY'],
        [null, 'PRIMARY', 'principal'],
        ['principal'],
      ]);
    });

    it('sweeps on one node at a time, and releases the lock', async () => {
      const store = new MysqlSessionStore({ client: pool, table });
      for (let n = 0; n < 3; n++) await store.create(newKey(), recordOf({}, { expiresAt: 5 }));
      const [swept, begun] = [gate(), gate()];
      const one = await pool.getConnection();
      // A sweep that holds its lock until the test continues it.
      const slow = {
        execute: (text: string, values?: MysqlValue[]) => one.execute(text, values),
        query: async (text: string) => {
          if (text.startsWith('DELETE')) {
            begun.open();
            await swept.promise;
          }
          return one.query(text);
        },
      };
      const first = new MysqlSessionStore({ client: slow, table }).deleteExpired(10, 2);
      await begun.promise;
      expect(await store.deleteExpired(10, 10)).toBe(0);
      swept.open();
      expect(await first).toBe(2);
      expect(await store.deleteExpired(10, 2)).toBe(1);
      one.release();
    });

    it('sweeps without waiting for locked rows, and without blocking requests', async () => {
      const store = new MysqlSessionStore({ client: pool, table });
      const now = Date.now();
      const [next, keys] = [newKey(), times(10, () => newKey())];
      for (const key of keys) await store.create(key, recordOf({}, { expiresAt: now - 1000 }));
      await store.create(next, recordOf({}, { expiresAt: now + 10_000 }));
      const [request, sweeper] = [await pool.getConnection(), await pool.getConnection()];
      await request.query('START TRANSACTION');
      await request.query(`SELECT 1 FROM ${table} WHERE session_key = ? FOR UPDATE`, [keys[0]]);
      await request.query('SET SESSION innodb_lock_wait_timeout = 1');
      await sweeper.query('SET SESSION innodb_lock_wait_timeout = 1');
      // The statements of the sweep in a transaction that stays open, as if the sweep took very long.
      const held = {
        query: async (text: string) =>
          unmarked(
            await sweeper.query(text.startsWith('SET TRANSACTION') ? `${text}; START TRANSACTION` : text),
          ),
        execute: (text: string, values?: MysqlValue[]) => sweeper.execute(text, values),
      };
      expect(await new MysqlSessionStore({ client: held, table }).deleteExpired(now, 100)).toBe(9);
      const open = {
        query: async (text: string) => unmarked(await request.query(text)),
        execute: async (text: string, values?: MysqlValue[]) => unmarked(await request.execute(text, values)),
      };
      const writer = new MysqlSessionStore({ client: open, table });
      // Between the last expired session and the next one, where InnoDB would lock a gap.
      expect(await writer.create(newKey(), recordOf({}, { expiresAt: now + 5000 }))).toBe('created');
      // A session that the sweep has skipped, and the one that expires next.
      expect(await writer.patch(keys[0]!, patchOf({}))).toBe('applied');
      expect(await writer.patch(next, patchOf({}))).toBe('applied');
      await request.query('ROLLBACK');
      await sweeper.query('COMMIT');
      expect(await store.deleteExpired(now, 100)).toBe(1);
      await Promise.all(
        [request, sweeper].map((one) => one.query('SET SESSION innodb_lock_wait_timeout = DEFAULT')),
      );
      request.release();
      sweeper.release();
    });

    it('closes its own pool, and no client of the application', async () => {
      const store = new MysqlSessionStore({ client: pool, table });
      await store.create(newKey(), recordOf({}));
      await store.onApplicationShutdown();
      expect((await pool.query('SELECT 1 AS one'))[0]).toEqual([{ one: 1 }]);
      const owner = new MysqlSessionStore({ url, table });
      await owner.create(newKey(), recordOf({}));
      await owner.close();
      await expect(owner.load(newKey())).rejects.toThrow(/closed/);
    });

    it('works after all its connections were closed', async () => {
      await pool.query(`CREATE DATABASE ${table}`);
      const own = new URL(url);
      own.pathname = table;
      const store = new MysqlSessionStore({ url: own.href });
      await Promise.all(times(10, () => store.create(newKey(), recordOf({}))));
      const [ids] = await pool.query<mysql.RowDataPacket[]>(
        'SELECT id FROM information_schema.processlist WHERE db = ?',
        [table],
      );
      expect(ids.length).toBeGreaterThan(0);
      for (const { id } of ids) await pool.query(`KILL ${id}`);
      // A closed connection may be used before the pool has detected its end.
      for (let n = 0; n < 10; n++) await store.load(newKey()).catch(() => undefined);
      expect(await store.load(newKey())).toBeNull();
      await store.close();
      await pool.query(`DROP DATABASE ${table}`);
    });

    it('rejects when no server listens', async () => {
      const store = new MysqlSessionStore({ url: 'mysql://root@127.0.0.1:1/test' });
      await expect(store.load(newKey())).rejects.toThrow(/ECONNREFUSED/);
      await store.close();
    });
  });
});

/** A result without the flag of an open transaction. */
function unmarked([answer]: [unknown, unknown]): [unknown] {
  return [Array.isArray(answer) ? answer : { ...(answer as object), serverStatus: undefined }];
}

/** A promise, and the function that resolves it. */
function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

describe('the options of the MysqlSessionStore', () => {
  const client = { query: async () => [[]], execute: async () => [[]] };
  it.each([
    ['nothing', undefined, /needs an object with options, got undefined/],
    ['neither client nor url', {}, /needs exactly one of the options client and url, got neither/],
    ['both client and url', { client, url: 'mysql://x' }, /exactly one of the options .* got both/],
    [
      'a client that cannot execute',
      { client: { query: 1 } },
      /option client .* mysql2, got an object|mysql2/,
    ],
    [
      'a client that is a string',
      { client: 'mysql://u:secret@h' },
      /option client .* got a string of \d+ characters\.$/,
    ],
    [
      'a url with a wrong port',
      { url: 'mysql://u:secret@h:x/d' },
      /option url .* got a string of \d+ characters\.$/,
    ],
    ['an empty url', { url: '' }, /option url .* must be a URL such as .* got ""/],
    [
      'a table with a quote',
      { client, table: 'a`b' },
      /option table .* must be the name of a table: .* got a string of \d+ characters/,
    ],
    ['migrate that is not a boolean', { client, migrate: 0 }, /option migrate .* true or false, got 0/],
    [
      'prepare that is not a boolean',
      { client, prepare: 'no' },
      /option prepare .* true or false, got a string of \d+ characters/,
    ],
    ['an unknown option', { client, database: 'x' }, /has no option "database"\. Its options are table,/],
  ])('throw for %s', (_, options, message) => {
    const make = (): unknown => new MysqlSessionStore(options as unknown as MysqlStoreOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it('require a valid table name in schemaSql()', () => {
    expect(MysqlSessionStore.schemaSql('a.b')).toContain('`a`.`b`');
    expect(MysqlSessionStore.schemaSql()).toContain('`nest_session`');
    expect(() => MysqlSessionStore.schemaSql('a;b')).toThrow(/option table/);
  });
});
