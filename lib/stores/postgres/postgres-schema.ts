import { codeIn } from '../../core/util/store-error.js';
import { RECORD_COLUMNS } from '../sql/sql-record.js';
import { versionComment, versionInComment } from '../sql/migration.js';
import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
import { admissionFunction } from './postgres-admission-function.js';
import type { PostgresSqlClient } from './postgres-client.js';
import { lockNumber } from './postgres-locks.js';

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
    `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS epoch bigint NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS ${quoteBeside(name, 'epochs', '"')} (
  realm text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL
);
${admissionFunction(name)}`,
  ];
}

/** All statements that create the table, for users who run them. */
export function postgresSchema(name: TableName, from = 0): string {
  const steps = stepsOf(name);
  const comment = `COMMENT ON TABLE ${quoteTable(name, '"')} IS '${versionComment(steps.length)}';`;
  return [...steps.slice(from), comment].join('\n') + '\n';
}

/**
 * Limit for a lock of the table, which a dump may hold for hours: while a migration waits for it, all
 * requests of other nodes wait behind the migration.
 */
const LOCK_WITHIN_MS = 1000;

/** Runs the missing steps. Without any, the role does not need the right to create tables. */
export async function migratePostgres(client: PostgresSqlClient, name: TableName): Promise<void> {
  const version = await versionOf(client, name);
  if (version >= stepsOf(name).length) return;
  // One message is one transaction, on any connection of a pool. Its end releases the lock.
  const lock =
    `SELECT pg_advisory_xact_lock(${lockNumber('schema', name)});` +
    `SELECT set_config('lock_timeout', '${LOCK_WITHIN_MS}', true);`;
  try {
    await client.script(`${lock}\n${postgresSchema(name, version)}`);
  } catch (error) {
    // A restored table may have lost its comment. A role that may not set the comment can still use the
    // table.
    if (codeIn(error) !== INSUFFICIENT_PRIVILEGE || !(await hasColumns(client, name))) throw error;
  }
}

/** The version of the table, at most 1 if one of the other objects is missing: step 2 creates them again. */
async function versionOf(client: PostgresSqlClient, name: TableName): Promise<number> {
  const [row] = await client.read({
    text:
      `SELECT obj_description(to_regclass($1::text), 'pg_class') AS comment, ` +
      'CASE WHEN to_regclass($2::text) IS NULL OR to_regproc($3::text) IS NULL THEN 1 ELSE 0 END AS lacks',
    values: [quoteTable(name, '"'), quoteBeside(name, 'epochs', '"'), quoteBeside(name, 'admit', '"')],
  });
  const version = versionInComment(row?.['comment']);
  return Number(row?.['lacks']) === 1 ? Math.min(version, 1) : version;
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
