import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
import type { SqliteDatabase, SqliteSqlClient } from './sqlite-client.js';

/** Statements that migrate the table from each version to the next. */
function stepsOf(name: TableName): readonly string[] {
  const table = quoteTable(name, '"');
  // The index has the schema in its name, so the table must not.
  const index = (column: string): string =>
    `CREATE INDEX IF NOT EXISTS ${quoteBeside(name, column, '"')} ` + `ON "${name.table}" (${column})`;
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
    `ALTER TABLE ${table} ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;`,
  ];
}

/** The step that adds a column, which fails for a column that exists. */
const ADDS_EPOCH = 1;

/** The table of versions: SQLite does not store comments. Each version is one row. */
const versionsOf = (name: TableName): string => quoteBeside(name, 'schema', '"');

/** All statements that create the table, for users who run them. */
export function sqliteSchema(name: TableName): string {
  const versions = versionsOf(name);
  const steps = stepsOf(name).map(
    (step, n) => `${step}\nINSERT OR IGNORE INTO ${versions} VALUES (${n + 1});`,
  );
  return [createVersions(versions), createEpochs(name), ...steps].join('\n') + '\n';
}

/** Runs the missing steps. Processes that start concurrently run one after another. */
export async function migrateSqlite(client: SqliteSqlClient, name: TableName): Promise<void> {
  const versions = versionsOf(name);
  await client.exclusively((database) => {
    database.exec(createVersions(versions));
    database.exec(createEpochs(name));
    // The session table may have been dropped without the table of versions, or restored without it.
    const version = columnsIn(database, name).length > 0 ? versionIn(database, versions) : 0;
    for (const [n, step] of stepsOf(name).entries()) {
      if (n < version) continue;
      if (n !== ADDS_EPOCH || !columnsIn(database, name).includes('epoch')) database.exec(step);
      database.exec(`INSERT OR IGNORE INTO ${versions} VALUES (${n + 1})`);
    }
  });
}

/** The names of the columns; none if there is no table. */
function columnsIn(database: SqliteDatabase, { schema, table }: TableName): string[] {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?, ?)').all(table, schema ?? 'main') as {
    name: string;
  }[];
  return rows.map(({ name }) => name);
}

function versionIn(database: SqliteDatabase, versions: string): number {
  const rows = database.prepare(`SELECT version FROM ${versions} ORDER BY version DESC`).all();
  return Number((rows[0] as { version: unknown } | undefined)?.version ?? 0);
}

const createVersions = (versions: string): string =>
  `CREATE TABLE IF NOT EXISTS ${versions} (version INTEGER NOT NULL PRIMARY KEY) STRICT;`;

/** The table of epochs: one row for each realm whose epoch is above 0. */
const createEpochs = (name: TableName): string =>
  `CREATE TABLE IF NOT EXISTS ${quoteBeside(name, 'epochs', '"')} ` +
  '(realm TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;';
