import { quoteTable, type TableName } from '../sql/table-name.js';
import type { SqliteDatabase, SqliteSqlClient } from './sqlite-client.js';

/** Statements that migrate the table from each version to the next. */
function stepsOf(name: TableName): readonly string[] {
  const table = quoteTable(name, '"');
  // The index has the schema in its name, so the table must not.
  const index = (column: string): string =>
    `CREATE INDEX IF NOT EXISTS ${quoteTable({ ...name, table: `${name.table}_${column}` }, '"')} ` +
    `ON "${name.table}" (${column})`;
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (
  session_key TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  touched_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  principal TEXT,
  attributes TEXT NOT NULL
) STRICT;
${index('expires_at')};
${index('principal')} WHERE principal IS NOT NULL;`,
  ];
}

/** The table of versions: SQLite does not store comments. Each version is one row. */
const versionsOf = (name: TableName): string => quoteTable({ ...name, table: `${name.table}_schema` }, '"');

/** All statements that create the table, for users who run them. */
export function sqliteSchema(name: TableName): string {
  const versions = versionsOf(name);
  const steps = stepsOf(name).map(
    (step, n) => `${step}\nINSERT OR IGNORE INTO ${versions} VALUES (${n + 1});`,
  );
  return [createVersions(versions), ...steps].join('\n') + '\n';
}

/** Runs the missing steps. Processes that start concurrently run one after another. */
export async function migrateSqlite(client: SqliteSqlClient, name: TableName): Promise<void> {
  const versions = versionsOf(name);
  await client.exclusively((database) => {
    database.exec(createVersions(versions));
    // The session table may have been dropped without the table of versions.
    const version = exists(database, name) ? versionIn(database, versions) : 0;
    for (const [n, step] of stepsOf(name).entries()) {
      if (n < version) continue;
      database.exec(step);
      database.exec(`INSERT OR IGNORE INTO ${versions} VALUES (${n + 1})`);
    }
  });
}

function exists(database: SqliteDatabase, { schema, table }: TableName): boolean {
  const master = quoteTable({ schema, table: 'sqlite_master' }, '"');
  const text = `SELECT 1 FROM ${master} WHERE type = 'table' AND lower(name) = lower(?)`;
  return database.prepare(text).all(table).length > 0;
}

function versionIn(database: SqliteDatabase, versions: string): number {
  const rows = database.prepare(`SELECT version FROM ${versions} ORDER BY version DESC`).all();
  return Number((rows[0] as { version: unknown } | undefined)?.version ?? 0);
}

const createVersions = (versions: string): string =>
  `CREATE TABLE IF NOT EXISTS ${versions} (version INTEGER NOT NULL PRIMARY KEY) STRICT;`;
