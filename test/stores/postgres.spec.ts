import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { SessionKey, SessionStore } from 'nest-session';
import { PostgresSessionStore, type PostgresStoreOptions } from 'nest-session/postgres';
import { describeStoreContract } from 'nest-session/testing';
import pg from 'pg';
import type { WriteTerms } from '../../lib/core/store/session-store.js';
import { describeWithServer } from '../support/servers.js';
import { describeSqlBehaviour, type SqlBench } from './support/sql-behaviour.js';
import { describeSqlPowers } from './support/sql-powers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';
import { postgresVersion1 } from './support/version-1.js';

const runner = { describe, it, beforeEach, afterEach };
/** One session per principal. */
const LIMITED: WriteTerms = {
  realm: 'default',
  isLogin: true,
  limit: { most: 1, whenReached: 'evict-oldest', at: 0 },
};

describeWithServer('postgres', 'PostgresSessionStore', (url) => {
  let pool: pg.Pool;
  let client: pg.Client;
  const tables = new WeakMap<SessionStore, string>();
  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: url });
    client = new pg.Client({ connectionString: url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await pool.end();
  });

  const drop = async (table: string): Promise<void> => {
    await pool.query(
      `DROP TABLE IF EXISTS ${table}, ${table}_epochs; DROP FUNCTION IF EXISTS ${table}_admit`,
    );
  };

  const contract = (name: string, options: () => PostgresStoreOptions, notices = true): void => {
    const open = (table: string): PostgresSessionStore => {
      const store = new PostgresSessionStore({ ...options(), table });
      tables.set(store, table);
      return store;
    };
    describeStoreContract(name, {
      runner,
      create: () => open(newTable()),
      notices,
      instances: { same: (store) => open(tables.get(store)!), other: () => open(newTable()) },
      dispose: async (store) => {
        await store.close();
        await drop(tables.get(store)!);
      },
      spoil: async (store: SessionStore, key: SessionKey) => {
        await pool.query(`UPDATE ${tables.get(store)} SET attributes = '[]' WHERE session_key = $1`, [key]);
      },
    });
  };

  contract('a PostgresSessionStore over a Pool', () => ({ client: pool }));
  contract('a PostgresSessionStore over one Client', () => ({ client }), false);
  contract(
    'a PostgresSessionStore over a function, without prepared statements',
    () => ({ client: (text, values) => pool.query(text, values) }),
    false,
  );
  contract(
    'a PostgresSessionStore over a DataSource, which answers as TypeORM does,',
    () => ({ client: dataSourceOf(pool) }),
    false,
  );
  contract('a PostgresSessionStore with a URL', () => ({ url }));

  const bench: SqlBench = {
    open: (table, options = {}) => new PostgresSessionStore({ url, table, ...options }),
    run: async (text) => void (await pool.query(text)),
    drop,
    countedStore: (table) => {
      const texts: string[] = [];
      const query = (text: string, values?: unknown[]): Promise<unknown> => {
        texts.push(text);
        return pool.query(text, values);
      };
      return { store: new PostgresSessionStore({ client: { query }, table }), texts };
    },
    schemaSql: (table) => PostgresSessionStore.schemaSql(table),
  };
  describeSqlBehaviour('a PostgresSessionStore', bench);
  describeSqlPowers('a PostgresSessionStore', { ...bench, version1: postgresVersion1 });

  describe('a PostgresSessionStore', () => {
    let table: string;
    beforeEach(() => {
      table = newTable();
    });
    afterEach(async () => {
      await drop(table);
    });

    it('uses the schema in the option table', async () => {
      await pool.query(`CREATE SCHEMA ${table}`);
      const store = new PostgresSessionStore({ client: pool, table: `${table}.Sessions` });
      await store.create(newKey(), recordOf({}));
      const { rows } = await pool.query(`SELECT * FROM ${table}."Sessions"`);
      expect(rows).toHaveLength(1);
      await pool.query(`DROP SCHEMA ${table} CASCADE`);
    });

    it('needs no right to create tables when its table exists', async () => {
      const role = `${table}_role`;
      const owner = new PostgresSessionStore({ client: pool, table });
      await owner.migrate();
      await pool.query(
        `CREATE ROLE ${role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, ${table}_epochs TO ${role}`,
      );
      const asRole = new URL(url);
      asRole.username = role;
      const store = new PostgresSessionStore({ url: asRole.href, table });
      const key = newKey();
      expect(await store.create(key, recordOf({}, { principal: 'u' }), LIMITED)).toBe('created');
      expect(await store.advanceEpoch('default')).toBe(1);
      expect(await store.load(key, 'default')).toBe('revoked');
      await store.close();
      await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });

    it('needs no such right when its table was restored without its comment', async () => {
      const role = `${table}_role`;
      await new PostgresSessionStore({ client: pool, table }).migrate();
      await pool.query(
        `COMMENT ON TABLE ${table} IS NULL;
         CREATE ROLE ${role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role}`,
      );
      const asRole = new URL(url);
      asRole.username = role;
      const store = new PostgresSessionStore({ url: asRole.href, table });
      expect(await store.create(newKey(), recordOf({}))).toBe('created');
      await store.close();
      await pool.query(`ALTER TABLE ${table} DROP COLUMN principal`);
      const other = new PostgresSessionStore({ url: asRole.href, table });
      await expect(other.migrate()).rejects.toMatchObject({ code: '42501' });
      await other.close();
      await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });

    it.each([
      ['evict-oldest', { evicted: [expect.anything()] }],
      ['reject', 'limit'],
    ] as const)(
      'counts a login that another node has not committed yet, with %s',
      async (whenReached, result) => {
        const store = new PostgresSessionStore({ client: pool, table });
        await store.migrate();
        const slow = await pool.connect();
        const client = (text: string, values?: unknown[]): Promise<unknown> => slow.query(text, values);
        const login = (other: PostgresSessionStore): Promise<unknown> =>
          other.create(newKey(), recordOf({}, { principal: 'u' }), {
            ...LIMITED,
            limit: { most: 1, whenReached, at: 0 },
          });
        const other = new PostgresSessionStore({ client, table, migrate: false });
        await slow.query('BEGIN');
        expect(await login(other)).toBe('created');
        const waiting = login(store);
        await store.create(newKey(), recordOf({}, { principal: 'v' }), LIMITED);
        await slow.query('COMMIT');
        slow.release();
        expect(await waiting).toEqual(result);
        expect(await store.listByPrincipal('u', 0, 10)).toHaveLength(1);
      },
    );

    it('limits sessions in no other isolation level than READ COMMITTED, and works without limits there', async () => {
      const [from, to] = [newKey(), newKey()];
      const record = recordOf({}, { principal: 'u' });
      for (const level of ['repeatable read', 'serializable']) {
        const strict = new pg.Pool({
          connectionString: url,
          options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
        });
        const store = new PostgresSessionStore({ client: strict, table });
        await store.create(from, recordOf({}), { ...LIMITED, limit: null });
        for (const write of [
          () => store.create(to, record, LIMITED),
          () => store.rekey(from, to, record, 0, LIMITED),
        ])
          await expect(write()).rejects.toThrow(/only in the isolation level READ COMMITTED/);
        expect(await store.advanceEpoch('default')).toBeGreaterThan(0);
        expect(await store.load(to)).toBeNull();
        await strict.end();
      }
    });

    it('creates the function for limits again, or names what creates it', async () => {
      const store = new PostgresSessionStore({ client: pool, table });
      const record = recordOf({}, { principal: 'u' });
      await store.migrate();
      await pool.query(`DROP FUNCTION ${table}_admit`);
      const unmigrated = new PostgresSessionStore({ client: pool, table, migrate: false });
      await expect(unmigrated.create(newKey(), record, LIMITED)).rejects.toThrow(
        new RegExp(`function ${table}_admit.* is missing.*PostgresSessionStore.schemaSql\\(\\)`),
      );
      expect(await store.create(newKey(), record, LIMITED)).toBe('created');
      expect(await unmigrated.create(newKey(), record, LIMITED)).toHaveProperty('evicted');
    });

    it('warns about a client that is one connection, and about nothing else', () => {
      const warningOf = (options: PostgresStoreOptions): string | null =>
        new PostgresSessionStore({ ...options, table }).startWarning;
      expect(warningOf({ client })).toMatch(/one connection.*Pass a Pool/);
      expect(warningOf({ client: pool })).toBeNull();
      expect(warningOf({ client: async () => [] })).toBeNull();
    });

    it('retries a failed migration at the next call', async () => {
      let isUp = false;
      const query = async (text: string, values?: unknown[]): Promise<unknown> => {
        if (!isUp) throw new Error('the database is down');
        return pool.query(text, values);
      };
      const store = new PostgresSessionStore({ client: query, table });
      await expect(Promise.all(times(3, () => store.load(newKey())))).rejects.toThrow(/failed.* withheld/);
      isUp = true;
      expect(await store.create(newKey(), recordOf({}))).toBe('created');
    });

    it('prepares no statement with prepare: false', async () => {
      const one = new pg.Client({ connectionString: url });
      await one.connect();
      const countOf = async (): Promise<unknown> =>
        (await one.query<{ n: number }>('SELECT count(*)::int AS n FROM pg_prepared_statements')).rows[0]?.n;
      const [plain, prepared] = [false, true].map(
        (prepare) => new PostgresSessionStore({ client: one, table, prepare }),
      ) as [PostgresSessionStore, PostgresSessionStore];
      const key = newKey();
      await plain.create(key, recordOf({}));
      await plain.load(key);
      expect(await countOf()).toBe(0);
      for (let n = 0; n < 3; n++) {
        await prepared.load(key);
        await prepared.patch(key, patchOf({ [`n${n}`]: [null, '1'], [`m${n}`]: [null, '2'] }));
      }
      expect(await countOf()).toBe(3);
      await one.end();
    });

    it('sends a Client one statement at a time', async () => {
      const warnings: Error[] = [];
      const listen = (warning: Error): void => void warnings.push(warning);
      process.on('warning', listen);
      const store = new PostgresSessionStore({ client, table });
      await Promise.all(times(20, () => store.create(newKey(), recordOf({}))));
      await new Promise(setImmediate);
      process.off('warning', listen);
      expect(warnings).toEqual([]);
    });

    it('finds expired sessions, and sessions of a principal, by an index', async () => {
      const store = new PostgresSessionStore({ client: pool, table });
      const plans: string[] = [];
      const session = await pool.connect();
      await session.query('SET enable_seqscan = off');
      await store.migrate();
      const explained = new PostgresSessionStore({
        table,
        migrate: false,
        client: async (text, values) => {
          const { rows } = await session.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
          plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
          return [];
        },
      });
      await explained.deleteExpired(Date.now(), 1000);
      await explained.listByPrincipal('u', Date.now(), 10);
      await explained.deleteByPrincipal('u', null);
      await session.query('RESET enable_seqscan');
      session.release();
      expect(plans[0]).toContain(`${table}_expires_at`);
      expect(plans[0]).toContain(`${table}_pkey`);
      expect(plans[1]).toContain(`${table}_principal`);
      expect(plans[2]).toContain(`${table}_principal`);
    });

    it('sweeps on one node at a time, without waiting for locked rows, and without blocking requests', async () => {
      const store = new PostgresSessionStore({ client: pool, table });
      const keys = times(10, () => newKey());
      const record = recordOf({}, { expiresAt: 1000 });
      for (const key of keys) await store.create(key, record);
      const [request, sweeper] = [await pool.connect(), await pool.connect()];
      await request.query('BEGIN');
      await request.query(`SELECT 1 FROM ${table} WHERE session_key = $1 FOR UPDATE`, [keys[0]]);
      await sweeper.query('BEGIN');
      const client = (text: string, values?: unknown[]): Promise<unknown> => sweeper.query(text, values);
      const inTransaction = new PostgresSessionStore({ client, table });
      expect(await inTransaction.deleteExpired(1000, 5)).toBe(5);
      // The first node has not committed its sweep.
      expect(await store.deleteExpired(1000, 5)).toBe(0);
      // Rows that the sweep has skipped can be written meanwhile.
      expect(await store.create(newKey(), record)).toBe('created');
      expect(await store.patch(keys[9]!, patchOf({}))).toBe('applied');
      await sweeper.query('COMMIT');
      expect(await store.deleteExpired(1000, 100)).toBe(4);
      await request.query('COMMIT');
      expect(await store.deleteExpired(1000, 100)).toBe(1);
      request.release();
      sweeper.release();
    });

    it('closes its own pool, and no client of the application', async () => {
      const store = new PostgresSessionStore({ client: pool, table });
      await store.create(newKey(), recordOf({}));
      await store.onApplicationShutdown();
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      const owner = new PostgresSessionStore({ url, table });
      await owner.create(newKey(), recordOf({}));
      await owner.close();
      await expect(owner.load(newKey())).rejects.toThrow(/closed/);
    });

    it('works after all its connections were closed', async () => {
      const name = randomBytes(6).toString('hex');
      const named = new URL(url);
      named.searchParams.set('application_name', name);
      const store = new PostgresSessionStore({ url: named.href, table });
      await Promise.all(times(10, () => store.create(newKey(), recordOf({}))));
      const ended = await pool.query(
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1',
        [name],
      );
      expect(ended.rowCount).toBeGreaterThan(0);
      // A closed connection may be used before the pool has detected its end.
      await store.load(newKey()).catch(() => undefined);
      expect(await store.load(newKey())).toBeNull();
      await store.close();
    });

    it('rejects when no server listens', async () => {
      const store = new PostgresSessionStore({ url: 'postgres://postgres@127.0.0.1:1/postgres' });
      await expect(store.load(newKey())).rejects.toThrow(/ECONNREFUSED/);
      await store.close();
    });

    it('works with a stricter isolation level than it needs', async () => {
      const strict = new pg.Pool({
        connectionString: url,
        options: '-c default_transaction_isolation=serializable',
      });
      const store = new PostgresSessionStore({ client: strict, table });
      const key = newKey();
      await store.create(key, recordOf({}));
      const answers = await Promise.all(
        times(40, (n) => store.patch(key, patchOf({ [`n${n}`]: [null, '1'] }))),
      );
      expect(new Set(answers)).toEqual(new Set(['applied']));
      await strict.end();
    });
  });
});

/** A DataSource of TypeORM returns rows, and for a write rows and their number. */
function dataSourceOf(pool: pg.Pool): { query(text: string, values?: unknown[]): Promise<unknown> } {
  return {
    query: async (text, values) => {
      const { rows, rowCount, command } = await pool.query<object>(text, values);
      return command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows;
    },
  };
}

describe('the options of the PostgresSessionStore', () => {
  const client = { query: async () => ({ rows: [] }) };
  it.each([
    ['nothing', undefined, /needs an object with options, got undefined/],
    ['neither client nor url', {}, /needs exactly one of the options client and url, got neither/],
    ['both client and url', { client, url: 'postgres://x' }, /exactly one of the options .* got both/],
    ['a client that cannot query', { client: {} }, /option client .* query\(text, values\), got an object/],
    [
      'a client that is a string',
      { client: 'postgres://u:secret@h' },
      /option client .* got a string of \d+ characters\.$/,
    ],
    ['an empty url', { url: '' }, /option url .* must be a URL such as .* got ""/],
    [
      'a url that is not a URL',
      { url: 'postgres://u:secret/x@h:1/db' },
      /option url .* got a string of \d+ characters\.$/,
    ],
    ['a text', 'postgres://u:secret@h', /needs an object with options, got a string of \d+ characters\.$/],
    [
      'options with a name like this',
      { 'postgres://u:secret@h': 1 },
      /has no option with this name\. Its options are/,
    ],
    ['a url that is no text', { url: 5 }, /option url .* got 5/],
    [
      'a table with a quote',
      { client, table: 'a"b' },
      /option table .* must be the name of a table: .* got a string of \d+ characters/,
    ],
    ['a table in too many parts', { client, table: 'a.b.c' }, /option table .* after a schema and a dot/],
    [
      'a table name that is too long',
      { client, table: 'x'.repeat(49) },
      /option table .* got a string of \d+ characters/,
    ],
    ['an empty table', { client, table: '' }, /option table .* got ""/],
    [
      'migrate that is not a boolean',
      { client, migrate: 'yes' },
      /option migrate .* true or false, got a string of \d+ characters/,
    ],
    ['prepare that is not a boolean', { client, prepare: 1 }, /option prepare .* true or false, got 1/],
    ['an unknown option', { client, tableName: 'x' }, /has no option "tableName"\. Its options are table,/],
  ])('throw for %s', (_, options, message) => {
    const make = (): unknown => new PostgresSessionStore(options as unknown as PostgresStoreOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(/secret/);
  });

  it('accept the clients of pg', () => {
    const { Pool, Client } = createRequire(import.meta.url)('pg') as typeof pg;
    expect(() => new PostgresSessionStore({ client: new Pool() })).not.toThrow();
    expect(() => new PostgresSessionStore({ client: new Client() })).not.toThrow();
  });

  it('require a valid table name in schemaSql()', () => {
    expect(PostgresSessionStore.schemaSql('a.b')).toContain('"a"."b"');
    expect(PostgresSessionStore.schemaSql()).toContain('"nest_session"');
    expect(() => PostgresSessionStore.schemaSql('a;b')).toThrow(/option table/);
  });
});
