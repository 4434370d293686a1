import mysql from 'mysql2/promise';
import { MysqlSessionStore } from 'nest-session/mysql';
import { startMariadb, type OwnServer } from '../support/private-servers.js';
import { describeWithPrivateServers } from '../support/servers.js';
import { newKey, newTable, recordOf, times } from './support/sql.js';

describeWithPrivateServers('mariadb', 'the sweep of a MysqlSessionStore with binlog_format STATEMENT', () => {
  let server: OwnServer;
  let pool: mysql.Pool;
  let table: string;
  let store: MysqlSessionStore;
  beforeAll(async () => {
    server = await startMariadb({ binlogFormat: 'STATEMENT' });
    pool = mysql.createPool(server.url);
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });
  beforeEach(() => {
    table = newTable();
    store = new MysqlSessionStore({ client: pool, table });
  });

  it('deletes expired sessions, in batches, and no others', async () => {
    const [format] = await pool.query('SELECT @@global.binlog_format AS format');
    expect(format).toEqual([{ format: 'STATEMENT' }]);
    const alive = newKey();
    await Promise.all(times(7, () => store.create(newKey(), recordOf({}, { expiresAt: 1000 }))));
    await store.create(alive, recordOf({}, { expiresAt: 1001 }));
    expect(await store.deleteExpired(1000, 5)).toBe(5);
    expect(await store.deleteExpired(1000, 5)).toBe(2);
    expect(await store.deleteExpired(1000, 5)).toBe(0);
    expect(await store.load(alive)).not.toBeNull();
  });

  it('keeps a session whose expiry was extended after the SELECT', async () => {
    const [over, touched] = [newKey(), newKey()];
    await store.create(over, recordOf({}, { expiresAt: 1000 }));
    await store.create(touched, recordOf({}, { expiresAt: 1000 }));
    const client = await mysql.createConnection(server.url);
    const query = client.query.bind(client);
    // Between the SELECT and the DELETE.
    client.query = (async (...args: Parameters<typeof query>) => {
      if ((args[0] as unknown as string).startsWith('SET TRANSACTION'))
        await pool.query(`UPDATE ${table} SET expires_at = 9000 WHERE session_key = ?`, [touched]);
      return query(...args);
    }) as typeof client.query;
    const other = new MysqlSessionStore({ client, table, prepare: false });
    expect(await other.deleteExpired(1000, 5)).toBe(1);
    expect(await store.load(over)).toBeNull();
    expect(await store.load(touched)).toMatchObject({ expiresAt: 9000 });
    await client.end();
  });
});
