import { quoteTable, type TableName } from '../sql/table-name.js';
import type { SqliteDatabase, SqliteSqlClient } from './sqlite-client.js';

/** What makes the table of each version from that of the one before. */
function stepsOf(name: TableName): readonly string[] {
  const table = quoteTable(name, '"');
  // An index is named with its schema, and its table then without.
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

/** SQLite keeps no comments: the versions that a table went through are rows beside it. */
const versionsOf = (name: TableName): string => quoteTable({ ...name, table: `${name.table}_schema` }, '"');

/** Everything that makes the table, for those who do it themselves. */
export function sqliteSchema(name: TableName): string {
  const versions = versionsOf(name);
  const steps = stepsOf(name).map(
    (step, n) => `${step}\nINSERT OR IGNORE INTO ${versions} VALUES (${n + 1});`,
  );
  return [makeVersions(versions), ...steps].join('\n') + '\n';
}

/** Takes the steps that are missing. Nodes that start at once take turns. */
export async function migrateSqlite(client: SqliteSqlClient, name: TableName): Promise<void> {
  const versions = versionsOf(name);
  await client.exclusively((database) => {
    database.exec(makeVersions(versions));
    // Somebody may have dropped the one table and not the other.
    const version = isThere(database, name) ? versionIn(database, versions) : 0;
    for (const [n, step] of stepsOf(name).entries()) {
      if (n < version) continue;
      database.exec(step);
      database.exec(`INSERT OR IGNORE INTO ${versions} VALUES (${n + 1})`);
    }
  });
}

function isThere(database: SqliteDatabase, { schema, table }: TableName): boolean {
  const master = quoteTable({ schema, table: 'sqlite_master' }, '"');
  const text = `SELECT 1 FROM ${master} WHERE type = 'table' AND lower(name) = lower(?)`;
  return database.prepare(text).all(table).length > 0;
}

function versionIn(database: SqliteDatabase, versions: string): number {
  const rows = database.prepare(`SELECT version FROM ${versions} ORDER BY version DESC`).all();
  return Number((rows[0] as { version: unknown } | undefined)?.version ?? 0);
}

const makeVersions = (versions: string): string =>
  `CREATE TABLE IF NOT EXISTS ${versions} (version INTEGER NOT NULL PRIMARY KEY) STRICT;`;
