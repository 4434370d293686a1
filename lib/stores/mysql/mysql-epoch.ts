import { epochIn } from '../sql/sql-record.js';
import type { SqlStatement } from '../sql/sql-client.js';
import { quoteBeside, type TableName } from '../sql/table-name.js';
import type { MysqlSqlClient } from './mysql-client.js';
import { underLock } from './mysql-lock.js';
import { lockName } from './mysql-schema.js';

/** Adds one to an epoch and reads it, under a lock: MySQL has no statement that does both. */
export function advanceEpochMysql(
  client: MysqlSqlClient,
  name: TableName,
  read: SqlStatement,
): Promise<number> {
  const text =
    `INSERT INTO ${quoteBeside(name, 'epochs', '`')} (realm, epoch) VALUES (?, 1) ` +
    'ON DUPLICATE KEY UPDATE epoch = epoch + 1';
  return underLock(client, lockName('epoch', name), async (one) => {
    await one.write({ text, values: read.values });
    return epochIn((await one.read(read))[0]);
  });
}
