import mysql from 'mysql2/promise';
import { MysqlSessionStore } from 'nest-session/mysql';
import type { SqlRow, SqlStatement } from '../../lib/stores/sql/sql-client.js';
import { claimMysql } from '../../lib/stores/mysql/mysql-claims.js';
import type { MysqlSqlClient } from '../../lib/stores/mysql/mysql-client.js';
import { describeWithServer } from '../support/servers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';

const ROWS: readonly SqlRow[] = [1, 2, 3].map((id) => ({
  id,
  writes: 10n * BigInt(id),
  session_key: `k${id}`,
}));
const DEADLOCK = Object.assign(new Error('deadlock'), { errno: 1213 });

/** A client whose writes have these results, one after another. */
function clientOf(...results: (number | Error)[]) {
  const written: SqlStatement[] = [];
  const one = {
    read: async () => ROWS,
    write: async (statement: SqlStatement) => {
      written.push(statement);
      const result = results.shift() ?? 1;
      if (typeof result !== 'number') throw result;
      return result;
    },
    locked: async (_lock: string, _wait: number, work: (client: unknown) => Promise<unknown>) => work(one),
  };
  return { client: one as unknown as MysqlSqlClient, written };
}

const TABLE = {
  table: '`t`',
  columns: 'session_key',
  lock: 'sweep',
  dialect: { isTransient: (error: unknown) => error === DEADLOCK },
};
const claimedBy = async (client: MysqlSqlClient) =>
  (await claimMysql(client, TABLE, 5, 10)).map((row) => row['session_key']);

describe('a claim of the MysqlSessionStore', () => {
  it('returns the rows that it has deleted, not those that another write has changed or removed', async () => {
    const { client, written } = clientOf(1, 0, 1);
    expect(await claimedBy(client)).toEqual(['k1', 'k3']);
    expect(written.map(({ values }) => values)).toEqual([
      ['1', '10'],
      ['2', '20'],
      ['3', '30'],
    ]);
  });

  it('tries again after a deadlock, which has deleted nothing', async () => {
    expect(await claimedBy(clientOf(1, DEADLOCK).client)).toEqual(['k1', 'k2', 'k3']);
  });

  it('returns what it has deleted before the server fails', async () => {
    expect(await claimedBy(clientOf(1, new Error('connection lost')).client)).toEqual(['k1']);
  });

  it('rejects if the server fails before it has deleted anything', async () => {
    await expect(claimedBy(clientOf(new Error('connection lost')).client)).rejects.toThrow('connection lost');
  });

  it('returns nothing while another node sweeps', async () => {
    const { client, written } = clientOf();
    Object.assign(client, { locked: async () => null });
    expect([await claimedBy(client), written]).toEqual([[], []]);
  });
});

describeWithServer('mariadb', 'a claim of the MysqlSessionStore on a server', (url) => {
  let pool: mysql.Pool;
  let client: mysql.Connection;
  beforeAll(async () => {
    pool = mysql.createPool(url);
    client = await mysql.createConnection(url);
  });
  afterAll(() => Promise.all([client.end(), pool.end()]));

  it('never removes a session that was touched, rekeyed or deleted since the claim has read it', async () => {
    const table = newTable();
    const store = new MysqlSessionStore({ client: pool, table });
    const [expired, touched, rekeyed, moved, deleted] = times(5, newKey);
    const later = { expiresAt: 9000 };
    for (const key of [expired!, touched!, rekeyed!, deleted!])
      await store.create(key, recordOf({}, { expiresAt: 1000 }));
    const query = client.query.bind(client);
    let isFirst = true;
    client.query = (async (...args: Parameters<typeof query>) => {
      if (isFirst && (args[0] as unknown as string).startsWith('DELETE')) {
        isFirst = false;
        await store.patch(touched!, patchOf({}, later));
        await store.rekey(rekeyed!, moved!, recordOf({}, later), null);
        await store.delete(deleted!);
      }
      return query(...args);
    }) as typeof client.query;
    const other = new MysqlSessionStore({ client, table, prepare: false });
    expect((await other.claimExpired(1000, 10)).map(({ key }) => key)).toEqual([expired]);
    for (const key of [touched!, moved!]) expect(await store.load(key)).toMatchObject(later);
  });
});
