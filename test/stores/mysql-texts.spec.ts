import { inspect } from 'node:util';
import { MysqlSessionStore } from 'nest-session/mysql';
import mysql from 'mysql2/promise';
import { startMariadb, type OwnServer } from '../support/private-servers.js';
import { ownTime } from '../support/own-time.js';
import { describeWithPrivateServers, describeWithServer } from '../support/servers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';

const prepared = [true, false];

/** Texts that end a string or a statement when they are escaped in a way that the server does not use. */
const NASTY = [
  `O'Brien`,
  `\\' OR 1 -- `,
  `'), attributes = 0x7b22726f6c65223a225c2261646d696e5c22227d WHERE 1 -- `,
  `x', '{}'), ('1.evil', 1, 1, 9999999999999, 0, 'admin', '{"role":"\\"admin\\""}') -- `,
  '"?" \\',
];

describeWithServer('mariadb', 'the texts of a MysqlSessionStore', (url) => {
  let table: string;
  let admin: mysql.Connection;
  const pools: mysql.Pool[] = [];
  /** A pool whose connections run a statement first. */
  const poolOf = (first: string, config: mysql.PoolOptions = {}): mysql.Pool => {
    const pool = mysql.createPool({ uri: url, ...config });
    if (first !== '') pool.pool.on('connection', (fresh) => fresh.query(first));
    pools.push(pool);
    return pool;
  };
  beforeAll(async () => {
    admin = await mysql.createConnection(url);
  });
  afterAll(() => admin.end());
  beforeEach(() => {
    table = newTable();
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    await admin.query(`DROP TABLE IF EXISTS ${table}, ${table}_epochs`);
  });

  const modes = ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'ORACLE', 'STRICT_TRANS_TABLES'];
  it.each(modes.flatMap((mode) => prepared.map((prepare) => [mode, prepare] as const)))(
    'are never part of a statement (sql_mode "%s", prepare: %s)',
    async (mode, prepare) => {
      const store = new MysqlSessionStore({ client: poolOf(`SET sql_mode = '${mode}'`), table, prepare });
      const victim = newKey();
      const untouched = recordOf({ role: '"guest"' });
      await store.create(victim, untouched);
      for (const text of NASTY) {
        const key = newKey();
        const json = JSON.stringify(text);
        expect(await store.create(key, recordOf({ [text]: json }, { principal: text }))).toBe('created');
        const [principal, next] = [{ from: text, to: `${text}'` }, JSON.stringify(`${text}'`)];
        expect(await store.patch(key, patchOf({ [text]: [json, next] }, { principal }))).toBe('applied');
        const held = { principal: `${text}'`, attributes: new Map([[text, next]]) };
        expect(await store.load(key)).toMatchObject(held);
        expect(await store.deleteByPrincipal(`${text}'`, null)).toBe(1);
      }
      expect(await store.load(victim)).toEqual(untouched);
      const [rows] = await admin.query<mysql.RowDataPacket[]>(`SELECT 1 FROM ${table}`);
      expect(rows).toHaveLength(1);
    },
  );

  it.each([
    ['latin1', '', { charset: 'LATIN1_SWEDISH_CI' }],
    ['utf8mb3', '', { charset: 'UTF8_GENERAL_CI' }],
    ['utf8mb4 that has said SET NAMES latin1', 'SET NAMES latin1', {}],
    ['latin1 without strict mode', `SET sql_mode = ''`, { charset: 'LATIN1_SWEDISH_CI' }],
  ])('are the same on a connection of %s', async (_, first, config) => {
    for (const prepare of prepared) {
      const store = new MysqlSessionStore({ client: poolOf(first, config), table, prepare });
      const [key, other] = [newKey(), newKey()];
      await store.create(key, recordOf({ é: '"h😀é"' }, { principal: 'u😀é' }));
      await store.create(other, recordOf({}, { principal: 'u😁é' }));
      const principal = { from: 'u😀é', to: 'u😀é' };
      expect(await store.patch(key, patchOf({ é: ['"h😀é"', '"ü😁"'] }, { principal }))).toBe('applied');
      const held = { principal: 'u😀é', attributes: new Map([['é', '"ü😁"']]) };
      expect(await store.load(key)).toMatchObject(held);
      expect(await new MysqlSessionStore({ client: admin, table }).load(key)).toMatchObject(held);
      expect(await store.listByPrincipal('u😀é', 0, 10)).toMatchObject([{ key }]);
      expect(await store.deleteByPrincipal('u😀é', null)).toBe(1);
      expect(await store.load(other)).not.toBeNull();
    }
  });

  it.each(prepared)('are on no error (prepare: %s)', async (prepare) => {
    const store = new MysqlSessionStore({ client: poolOf(''), table, prepare });
    const key = newKey();
    const secret = 'topSecretData';
    const record = recordOf({ a: `"${secret}"` }, { principal: secret });
    await store.create(key, record);
    await admin.query(`ALTER TABLE ${table} ADD CHECK (revision < 1)`);
    const principal = { from: secret, to: secret };
    const failures = [
      await failure(store.patch(key, patchOf({ a: [`"${secret}"`, '1'] }, { principal }))),
      await failure(store.rekey(key, newKey(), { ...record, revision: 1 }, null)),
    ];
    await admin.query(`ALTER TABLE ${table} DROP COLUMN touched_at`);
    failures.push(await failure(store.load(key)), await failure(store.create(newKey(), record)));
    const traces = [key, secret].flatMap((text) => [text, Buffer.from(text).toString('hex')]);
    for (const error of failures) {
      expect(error).toHaveProperty('errno');
      const shown = inspect(error, { depth: 9, showHidden: true });
      for (const text of [...traces, 'UPDATE', 'SELECT', 'INSERT']) expect(shown).not.toContain(text);
    }
  });

  it('of 10 000 changed attributes are compared quickly', async () => {
    const store = new MysqlSessionStore({ client: poolOf(''), table });
    const key = newKey();
    const names = times(10_000, (n) => `k${n}`);
    await store.create(key, recordOf(Object.fromEntries(names.map((name) => [name, '1']))));
    const change = patchOf(Object.fromEntries(names.map((name) => [name, ['1', '2']])));
    const began = ownTime();
    expect(await store.patch(key, change)).toBe('applied');
    expect(ownTime() - began).toBeLessThan(2000);
    expect(await store.patch(key, change)).toMatchObject({ conflict: { revision: 1 } });
    expect(await store.patch(newKey(), change)).toBe('missing');
    const added = times(20_000, (n): [string, [null, string]] => [`m${n}`, [null, '1']]);
    expect(await store.patch(key, patchOf(Object.fromEntries(added)))).toBe('applied');
    expect(await store.load(key)).toMatchObject({ revision: 2, attributes: { size: 30_000 } });
  });

  it('of large patches of 8 concurrent writers are all kept', async () => {
    const store = new MysqlSessionStore({ client: poolOf(''), table });
    const key = newKey();
    await store.create(key, recordOf({}));
    const patches = times(8, (writer) =>
      times(100, (n): [string, [null, string]] => [`w${writer}-${n}`, [null, String(writer)]]),
    );
    const outcomes = patches.map((entries) => store.patch(key, patchOf(Object.fromEntries(entries))));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['applied']));
    expect(await store.load(key)).toMatchObject({ revision: 8, attributes: { size: 800 } });
  });
});

/** The error of a call. */
function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'nothing',
    (error: unknown) => error,
  );
}

describeWithPrivateServers('mariadb', 'a MysqlSessionStore on a server with small packets', () => {
  const big = JSON.stringify('y'.repeat(600_000));
  let server: OwnServer;
  let pool: mysql.Pool;
  beforeAll(async () => {
    server = await startMariadb();
    const admin = await mysql.createConnection(server.url);
    await admin.query('SET GLOBAL max_allowed_packet = 1048576');
    await admin.end();
    pool = mysql.createPool(server.url);
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  it.each(['STRICT_TRANS_TABLES', ''])(
    'rejects a session that it could not read, and keeps the former one (sql_mode "%s")',
    async (mode) => {
      await pool.query(`SET GLOBAL sql_mode = '${mode}'`);
      const client = mysql.createPool(server.url);
      const store = new MysqlSessionStore({ client, table: newTable() });
      const key = newKey();
      const record = recordOf({ a: big });
      await store.create(key, record);
      const tooLarge = store.patch(key, patchOf({ b: [null, big] }));
      await expect(tooLarge).rejects.toThrow(/too large to (write|read): see max_allowed_packet/);
      expect(await store.load(key)).toEqual(record);
      expect(await store.patch(key, patchOf({ b: [null, '1'] }))).toBe('applied');
      await client.end();
    },
  );

  it('fails only the save that is larger than a packet', async () => {
    const client = mysql.createPool({ uri: server.url, connectionLimit: 3 });
    const store = new MysqlSessionStore({ client, table: newTable() });
    const key = newKey();
    await store.create(key, recordOf({ a: '1' }));
    await Promise.all(times(3, () => store.load(key)));
    const tooLarge = times(3, () =>
      store.create(newKey(), recordOf({ a: JSON.stringify('y'.repeat(1.5e6)) })),
    );
    const failures = await Promise.all(tooLarge.map(failure));
    for (let n = 0; n < 15; n++) expect(await store.load(key)).not.toBeNull();
    for (const error of failures)
      expect(error).toMatchObject({
        message: expect.stringMatching(/too large to write|ECONNRESET|EPIPE/) as unknown,
      });
    await client.end();
  });

  it('fails to load a session without attributes instead of reporting it as corrupt, and loads a large one', async () => {
    const table = newTable();
    const store = new MysqlSessionStore({ client: pool, table });
    const key = newKey();
    await store.create(key, recordOf({ a: big }));
    const grown = `UPDATE ${table} SET attributes = JSON_MERGE_PATCH(attributes, JSON_OBJECT('b', ?))`;
    await pool.query(grown, [big]);
    expect(await store.load(key)).toMatchObject({ attributes: { size: 2 } });
    await pool.query(`ALTER TABLE ${table} MODIFY attributes JSON NULL`);
    await pool.query(`UPDATE ${table} SET attributes = NULL`);
    await expect(store.load(key)).rejects.toThrow(/max_allowed_packet/);
  });
});
