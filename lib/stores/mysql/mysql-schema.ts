import { createHash } from 'node:crypto';
import { StoreError } from '../../core/util/store-error.js';
import { versionComment, versionInComment } from '../sql/migration.js';
import { plainTable, quoteTable, type TableName } from '../sql/table-name.js';
import type { MysqlSqlClient } from './mysql-client.js';

/** Another node that is at it is done by then, or something is wrong. */
const WAIT_SECONDS = 60;

/**
 * What makes the table of each version from that of the one before, and sets its comment.
 *
 * A session moves to another key in place, because the row has an id of its own: a DELETE that finds it by its principal
 * finds it wherever it goes, in any isolation. `writes` changes with each write, or one that changes nothing else would count as
 * none for a connection without the flag FOUND_ROWS.
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

/** Everything that makes the table, for those who do it themselves. */
export function mysqlSchema(name: TableName): string {
  return stepsOf(name)
    .map((step) => `${step};\n`)
    .join('');
}

/** Takes the steps that are missing. Asks first: a user who may not make tables is fine where the table is there. */
export async function migrateMysql(client: MysqlSqlClient, name: TableName): Promise<void> {
  const newest = stepsOf(name).length;
  if ((await versionOf(client, name)) >= newest) return;
  const done = await client.locked(lockName('schema', name), WAIT_SECONDS, async (connection) => {
    for (const step of stepsOf(name).slice(await versionOf(connection, name))) await connection.runOnce(step);
    return true;
  });
  if (done === null)
    throw new StoreError(
      `Another node is making the table ${plainTable(name)}, for more than ${WAIT_SECONDS} seconds.`,
    );
}

async function versionOf(client: MysqlSqlClient, { schema, table }: TableName): Promise<number> {
  // Names are letters, digits and `_`: they may stand in a statement, and a server finds a table faster by them.
  const text =
    'SELECT table_comment AS comment FROM information_schema.tables ' +
    `WHERE table_schema = ${schema === null ? 'DATABASE()' : `'${schema}'`} AND table_name = '${table}'`;
  const [row] = await client.read({ text, values: [] });
  return versionInComment(row?.['comment']);
}

/** Locks have names of at most 64 characters, and all databases of a server share them. */
export function lockName(purpose: 'schema' | 'sweep', name: TableName): string {
  const digest = createHash('sha256').update(plainTable(name)).digest('base64url').slice(0, 22);
  return `nest-session ${purpose} ${digest}`;
}
