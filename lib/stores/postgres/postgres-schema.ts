import { createHash } from 'node:crypto';
import { codeIn } from '../../core/util/store-error.js';
import { RECORD_COLUMNS } from '../sql/sql-record.js';
import { versionComment, versionInComment } from '../sql/migration.js';
import { plainTable, quoteTable, type TableName } from '../sql/table-name.js';
import type { PostgresSqlClient } from './postgres-client.js';

/**
 * Statements that migrate the table from each version to the next. Each step can run again: nodes that start
 * concurrently run it one after another.
 */
function stepsOf(name: TableName): readonly string[] {
  const table = quoteTable(name, '"');
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (
  session_key text COLLATE "C" PRIMARY KEY,
  created_at bigint NOT NULL,
  touched_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revision bigint NOT NULL,
  principal text COLLATE "C",
  attributes jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS "${name.table}_expires_at" ON ${table} (expires_at);
CREATE INDEX IF NOT EXISTS "${name.table}_principal" ON ${table} USING hash (principal);`,
  ];
}

/** All statements that create the table, for users who run them. */
export function postgresSchema(name: TableName, from = 0): string {
  const steps = stepsOf(name);
  const comment = `COMMENT ON TABLE ${quoteTable(name, '"')} IS '${versionComment(steps.length)}';`;
  return [...steps.slice(from), comment].join('\n') + '\n';
}

/** Runs the missing steps. Without any, the role does not need the right to create tables. */
export async function migratePostgres(client: PostgresSqlClient, name: TableName): Promise<void> {
  const [row] = await client.read({
    text: `SELECT obj_description(to_regclass($1::text), 'pg_class') AS comment`,
    values: [quoteTable(name, '"')],
  });
  const version = versionInComment(row?.['comment']);
  if (version >= stepsOf(name).length) return;
  // One message is one transaction, on any connection of a pool. Its end releases the lock.
  const lock = `SELECT pg_advisory_xact_lock(${lockNumber('schema', name)});`;
  try {
    await client.script(`${lock}\n${postgresSchema(name, version)}`);
  } catch (error) {
    // A restored table may have lost its comment. A role that may not set the comment can still use the
    // table.
    if (codeIn(error) !== INSUFFICIENT_PRIVILEGE || !(await hasColumns(client, name))) throw error;
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** Whether the table has every column of the newest version. */
async function hasColumns(client: PostgresSqlClient, name: TableName): Promise<boolean> {
  const rows = await client.read({
    text:
      'SELECT attname::text AS name FROM pg_attribute ' +
      'WHERE attrelid = to_regclass($1::text) AND attnum > 0 AND NOT attisdropped',
    values: [quoteTable(name, '"')],
  });
  const names = rows.map((row) => row['name']);
  return ['session_key', ...RECORD_COLUMNS.split(', '), 'attributes'].every((column) =>
    names.includes(column),
  );
}

/** The 64-bit number of an advisory lock. All applications on a database share these numbers. */
export function lockNumber(purpose: 'schema' | 'sweep', name: TableName): string {
  const digest = createHash('sha256')
    .update(`nest-session ${purpose} ${plainTable(name)}`)
    .digest();
  return `'${digest.readBigInt64BE()}'::bigint`;
}
