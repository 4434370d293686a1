import { createHash } from 'node:crypto';
import { codeIn } from '../../core/util/store-error.js';
import { RECORD_COLUMNS } from '../sql/sql-record.js';
import { versionComment, versionInComment } from '../sql/migration.js';
import { plainTable, quoteTable, type TableName } from '../sql/table-name.js';
import type { PostgresSqlClient } from './postgres-client.js';

/**
 * What makes the table of each version from that of the one before. Each step can be taken again: nodes that start at once
 * take it one after another.
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

/** Everything that makes the table, for those who do it themselves. */
export function postgresSchema(name: TableName, from = 0): string {
  const steps = stepsOf(name);
  const comment = `COMMENT ON TABLE ${quoteTable(name, '"')} IS '${versionComment(steps.length)}';`;
  return [...steps.slice(from), comment].join('\n') + '\n';
}

/** Takes the steps that are missing. Asks first: a role that may not make tables is fine where the table is there. */
export async function migratePostgres(client: PostgresSqlClient, name: TableName): Promise<void> {
  const [row] = await client.read({
    text: `SELECT obj_description(to_regclass($1::text), 'pg_class') AS comment`,
    values: [quoteTable(name, '"')],
  });
  const version = versionInComment(row?.['comment']);
  if (version >= stepsOf(name).length) return;
  // One message, so that it is one transaction on whatever connection it goes; the lock ends with it.
  const lock = `SELECT pg_advisory_xact_lock(${lockNumber('schema', name)});`;
  try {
    await client.script(`${lock}\n${postgresSchema(name, version)}`);
  } catch (error) {
    // A restored table may have lost its comment. A role that may not write the comment can use the table all the same.
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

/** The number of a lock: PostgreSQL knows them by 64 bits, and all applications on a database share them. */
export function lockNumber(purpose: 'schema' | 'sweep', name: TableName): string {
  const digest = createHash('sha256')
    .update(`nest-session ${purpose} ${plainTable(name)}`)
    .digest();
  return `'${digest.readBigInt64BE()}'::bigint`;
}
