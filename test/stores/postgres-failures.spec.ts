import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { SessionKey } from 'nest-session';
import { PostgresSessionStore } from 'nest-session/postgres';
import pg from 'pg';
import { ownTime } from '../support/own-time.js';
import { describeWithServer } from '../support/servers.js';
import { SilencingProxy } from './support/sql-proxy.js';
import { newKey, newTable, recordOf, times } from './support/sql.js';
import { OLD_SESSIONS, postgresVersion1 } from './support/version-1.js';

describeWithServer('postgres', 'a PostgresSessionStore whose server fails', (url) => {
  let pool: pg.Pool;
  let table: string;
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: url });
  });
  beforeEach(() => {
    table = newTable();
  });
  afterEach(async () => {
    await pool.query(
      `DROP TABLE IF EXISTS ${table}, ${table}_epochs; DROP FUNCTION IF EXISTS ${table}_admit`,
    );
  });
  afterAll(() => pool.end());

  it('shows nothing of the row that a constraint rejects', async () => {
    const store = new PostgresSessionStore({ client: pool, table });
    await store.migrate();
    await pool.query(`ALTER TABLE ${table} ADD CONSTRAINT few CHECK (revision < 5)`);
    const key = newKey();
    const refused = await store
      .create(key, recordOf({ a: '"topSecret"' }, { revision: 9 }))
      .catch((reason: unknown) => reason);
    expect(refused).toMatchObject({ code: '23514', severity: 'ERROR', table, constraint: 'few' });
    const shown = inspect(refused, { depth: 20, showHidden: true });
    expect(shown).not.toContain(key);
    expect(shown).not.toContain('topSecret');
  });

  it('rejects a login with a limit when the server deletes no session', async () => {
    const store = new PostgresSessionStore({ client: pool, table });
    const limit = { most: 1, whenReached: 'evict-oldest', at: 0 } as const;
    const login = (): Promise<unknown> =>
      store.create(newKey(), recordOf({}, { principal: 'u' }), { realm: 'default', isLogin: true, limit });
    await login();
    await pool.query(
      `CREATE FUNCTION ${table}_keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; ` +
        `CREATE TRIGGER keep BEFORE DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_keep()`,
    );
    await expect(login()).rejects.toThrow(/deletes none of the sessions over the limit/);
    await pool.query(`DROP FUNCTION ${table}_keep CASCADE`);
    expect(await store.listByPrincipal('u', 0, 10)).toHaveLength(1);
  });

  it('gives up a migration soon while a transaction reads the table, and blocks no other node', async () => {
    await pool.query(postgresVersion1(table));
    const dump = await pool.connect();
    await dump.query(`BEGIN; SELECT 1 FROM ${table} LIMIT 1`);
    const store = new PostgresSessionStore({ client: pool, table });
    await expect(store.migrate()).rejects.toThrow(/lock timeout/);
    const other = new PostgresSessionStore({ client: pool, table, migrate: false });
    expect(await other.delete(OLD_SESSIONS.other as string as SessionKey)).toBe('deleted');
    await dump.query('COMMIT');
    dump.release();
    expect(await store.load(OLD_SESSIONS.mine as string as SessionKey)).toMatchObject({ principal: 'alice' });
  });

  it('opens new connections when all connections of its pool no longer respond', async () => {
    const proxy = await SilencingProxy.before(url);
    const store = new PostgresSessionStore({ url: proxy.url, table });
    const load = (): Promise<unknown> => store.load(newKey());
    await Promise.all(times(20, load));
    proxy.silence();
    const before = proxy.made;
    expect(before).toBe(10);
    const lost = await Promise.allSettled(times(20, load));
    expect(lost.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(10);
    expect(await Promise.all(times(20, load))).toEqual(times(20, () => null));
    expect(proxy.made).toBeGreaterThan(before);
    expect(proxy.open).toBeLessThanOrEqual(10);
    await store.close();
    await proxy.close();
  });

  it('closes within five seconds, and leaves no socket to a server that does not respond', async () => {
    const proxy = await SilencingProxy.before(url);
    const store = new PostgresSessionStore({ url: proxy.url, table });
    await Promise.all(times(5, () => store.load(newKey())));
    proxy.silence({ andNew: true });
    const hung = Promise.allSettled(times(7, () => store.load(newKey())));
    const began = ownTime();
    await store.close();
    expect(ownTime() - began).toBeLessThan(5500);
    await hung;
    while (proxy.open > 0 && ownTime() - began < 6500) await delay(20);
    expect(proxy.open).toBe(0);
    expect(ownTime() - began).toBeLessThan(6500);
    await proxy.close();
  });

  it('listens to the error event of a Client, which would end the process', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const store = new PostgresSessionStore({ client, table });
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(client.listenerCount('error')).toBe(1);
    const ended = new Promise((resolve) => client.once('end', resolve));
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await ended;
    await expect(store.load(newKey())).rejects.toThrow(/not queryable|terminated/);
    await store.close();
    expect(client.listenerCount('error')).toBe(0);
  });

  it('rejects when its Client is in a transaction of the application', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const store = new PostgresSessionStore({ client, table });
    const [key, record] = [newKey(), recordOf({})];
    await store.create(key, record);
    await client.query('BEGIN');
    await expect(store.create(newKey(), record)).rejects.toThrow(/in a transaction of the application/);
    await client.query('ROLLBACK');
    const began = client.query('BEGIN');
    await expect(store.create(newKey(), record)).rejects.toThrow(/in a transaction of the application/);
    await began;
    await client.query('ROLLBACK');
    expect(await store.load(key)).toEqual(record);
    await client.end();
  });

  it('works after a column of its prepared statements gets another type', async () => {
    const few = new pg.Pool({ connectionString: url, max: 2 });
    const store = new PostgresSessionStore({ client: few, table });
    const key = newKey();
    await store.create(key, recordOf({}));
    await Promise.all(times(4, () => store.load(key)));
    for (const type of ['varchar(500)', 'text COLLATE "C"']) {
      await pool.query(`ALTER TABLE ${table} ALTER COLUMN principal TYPE ${type}`);
      const loaded = await Promise.all(times(6, () => store.load(key)));
      expect(loaded.filter((record) => record !== null)).toHaveLength(6);
    }
    await few.end();
  });

  it('does not show the password of a URL that it cannot parse', async () => {
    for (const wrong of ['postgres://u:secret@127.0.0.1:no/db', 'postgres://u:secret%zz@127.0.0.1:1/db']) {
      const failed = await (async () => {
        const store = new PostgresSessionStore({ url: wrong, table });
        await store.load(newKey()).finally(() => store.close());
      })().catch((reason: unknown) => reason);
      expect(failed).toBeInstanceOf(Error);
      expect(inspect(failed, { depth: 20, showHidden: true })).not.toContain('secret');
    }
  });
});
