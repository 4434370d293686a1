import { createHash } from 'node:crypto';
import { StoreError } from '../../core/util/store-error.js';
import { versionComment, versionInComment } from '../sql/migration.js';
import type { SqlRow } from '../sql/sql-client.js';
import { plainTable, quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
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
    `ALTER TABLE ${quoteTable(name, '`')} ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0, COMMENT='${versionComment(2)}'`,
  ];
}

/** The table of epochs: one row for each realm whose epoch is above 0. */
const epochsOf = (name: TableName): string =>
  `CREATE TABLE IF NOT EXISTS ${quoteBeside(name, 'epochs', '`')} (
  realm VARBINARY(255) NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL
) ENGINE=InnoDB`;

/** All statements that create the table, for users who run them. */
export function mysqlSchema(name: TableName): string {
  return [epochsOf(name), ...stepsOf(name)].map((step) => `${step};\n`).join('');
}

/** Runs the missing steps. Without any, the user does not need the right to create tables. */
export async function migrateMysql(client: MysqlSqlClient, name: TableName): Promise<void> {
  const newest = stepsOf(name).length;
  if ((await versionOf(client, name)) >= newest) return;
  const done = await client.locked(lockName('schema', name), WAIT_SECONDS, async (connection) => {
    await connection.runOnce(epochsOf(name));
    for (const step of stepsOf(name).slice(await versionOf(connection, name)))
      await runStep(connection, name, step);
    return true;
  });
  if (done === null)
    throw new StoreError(
      `Another node has been migrating the table ${plainTable(name)} for more than ${WAIT_SECONDS} seconds.`,
    );
}

/** A table that was restored without its comment has the column already. */
async function runStep(client: MysqlSqlClient, name: TableName, step: string): Promise<void> {
  try {
    await client.runOnce(step);
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== DUPLICATE_COLUMN) throw error;
    await client.runOnce(`ALTER TABLE ${quoteTable(name, '`')} COMMENT='${versionComment(2)}'`);
  }
}

/** ER_DUP_FIELDNAME */
const DUPLICATE_COLUMN = 1060;

/** The version of the table, at most 1 if the table of epochs is missing: the migration creates it again. */
async function versionOf(client: MysqlSqlClient, { schema, table }: TableName): Promise<number> {
  // Names are letters, digits and `_`, so they are safe in a statement. The lookup is faster than with
  // placeholders. MariaDB ignores the case of names in this view, except in a comparison with one text.
  const lookUp = (name: string, kind: string): string =>
    `SELECT '${kind}' AS kind, table_comment AS comment FROM information_schema.tables ` +
    `WHERE table_schema = ${schema === null ? 'DATABASE()' : `'${schema}'`} AND table_name = '${name}'`;
  const text = `${lookUp(table, 'sessions')} UNION ALL ${lookUp(`${table}_epochs`, 'epochs')}`;
  const rows = await client.read({ text, values: [] });
  const rowOf = (kind: string): SqlRow | undefined => rows.find((row) => row['kind'] === kind);
  const version = versionInComment(rowOf('sessions')?.['comment']);
  return rowOf('epochs') === undefined ? Math.min(version, 1) : version;
}

/** The name of a lock: at most 64 characters. All databases of a server share their locks. */
export function lockName(purpose: 'schema' | 'sweep' | 'epoch', name: TableName): string {
  return `nest-session ${purpose} ${digestOf(plainTable(name))}`;
}

/** The name of the lock for the sessions of one principal. */
export function loginLockName(name: TableName, principal: string): string {
  return `nest-session login ${digestOf(`${plainTable(name)} ${principal}`)}`;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);
