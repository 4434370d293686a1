import { createHash } from 'node:crypto';
import { StoreError } from '../../core/util/store-error.js';
import { versionComment, versionInComment } from '../sql/migration.js';
import { plainTable, quoteTable, type TableName } from '../sql/table-name.js';
import type { MysqlSqlClient } from './mysql-client.js';

/** Limit for a migration of another node. */
const WAIT_SECONDS = 60;

/**
 * Statements that migrate the table from each version to the next, and set its comment.
 *
 * The row has an id as its primary key, so a session changes its key in place: a DELETE by principal finds it
 * during a rekey, in any isolation level. `writes` is incremented by each write. Otherwise, on a connection
 * without the flag FOUND_ROWS, a write that changes no other column would affect zero rows.
 */
function stepsOf(name: TableName): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${quoteTable(name, '`')} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  session_key VARBINARY(300) NOT NULL,
  created_at BIGINT NOT NULL,
  touched_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  writes BIGINT UNSIGNED NOT NULL DEFAULT 0,
  principal MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  attributes JSON NOT NULL,
  UNIQUE KEY session_key (session_key),
  KEY expires_at (expires_at),
  KEY principal (principal(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='${versionComment(1)}'`,
  ];
}

/** All statements that create the table, for users who run them. */
export function mysqlSchema(name: TableName): string {
  return stepsOf(name)
    .map((step) => `${step};\n`)
    .join('');
}

/** Runs the missing steps. Without any, the user does not need the right to create tables. */
export async function migrateMysql(client: MysqlSqlClient, name: TableName): Promise<void> {
  const newest = stepsOf(name).length;
  if ((await versionOf(client, name)) >= newest) return;
  const done = await client.locked(lockName('schema', name), WAIT_SECONDS, async (connection) => {
    for (const step of stepsOf(name).slice(await versionOf(connection, name))) await connection.runOnce(step);
    return true;
  });
  if (done === null)
    throw new StoreError(
      `Another node has been migrating the table ${plainTable(name)} for more than ${WAIT_SECONDS} seconds.`,
    );
}

async function versionOf(client: MysqlSqlClient, { schema, table }: TableName): Promise<number> {
  // Names are letters, digits and `_`, so they are safe in a statement. The lookup is faster than with
  // placeholders.
  const text =
    'SELECT table_comment AS comment FROM information_schema.tables ' +
    `WHERE table_schema = ${schema === null ? 'DATABASE()' : `'${schema}'`} AND table_name = '${table}'`;
  const [row] = await client.read({ text, values: [] });
  return versionInComment(row?.['comment']);
}

/** The name of a lock: at most 64 characters. All databases of a server share their locks. */
export function lockName(purpose: 'schema' | 'sweep', name: TableName): string {
  const digest = createHash('sha256').update(plainTable(name)).digest('base64url').slice(0, 22);
  return `nest-session ${purpose} ${digest}`;
}
