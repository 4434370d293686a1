import {
  exactlyOne,
  readSqlOptions,
  readText,
  uncheckedOptions,
  invalidOption,
  type SqlStoreOptions,
  type UncheckedOptions,
} from '../sql/sql-options.js';
import { describeWithoutText } from '../../core/util/describe-value.js';
import { SqlSessionStore } from '../sql/sql-session-store.js';
import { DEFAULT_TABLE, readTableName } from '../sql/table-name.js';
import { SqliteSqlClient, type SqliteDatabase } from './sqlite-client.js';
import { SqliteDialect } from './sqlite-dialect.js';
import { openSqlite, type Durability } from './sqlite-driver.js';
import { sqliteSchema } from './sqlite-schema.js';

const NAME = 'SqliteSessionStore';

/** Options of a {@link SqliteSessionStore}: exactly one of `database` and `path`, and settings. */
export interface SqliteStoreOptions extends SqlStoreOptions {
  /**
   * A database of `node:sqlite`, `better-sqlite3` or `libsql`. The store never closes it and does not change
   * its settings. Several processes on one file need two settings: `PRAGMA journal_mode = WAL`, and a short
   * `PRAGMA busy_timeout`, such as 5, which blocks the event loop while another connection writes. (The
   * default of `better-sqlite3` and `libsql` is 5000.) After that time the store itself retries, for 2
   * seconds.
   *
   * The database must not be in a transaction of yours while the store uses it, because a ROLLBACK would undo
   * saves. The store throws when the driver reports a transaction (all drivers except `node:sqlite` before
   * Node 22.16).
   */
  readonly database?: SqliteDatabase;
  /** A local file, which is created when it is missing, or `':memory:'`. The store opens and closes it. */
  readonly path?: string;
  /**
   * With a `path`, what a completed write survives: any end of the process, or also a power cut. With
   * `'power'` each write waits for the disk.
   * @defaultValue `'process'`
   */
  readonly durability?: Durability;
}

/**
 * Sessions in a file of SQLite 3.38 or later. They survive a restart, and several processes of one machine
 * may share them.
 *
 * With a `path` the store uses the SQLite of Node 22.13 or later, else the package `better-sqlite3` or
 * `libsql`.
 */
export class SqliteSessionStore extends SqlSessionStore<SqliteSqlClient> {
  /** @throws TypeError that names the invalid option; Error when the file cannot be opened. */
  constructor(options: SqliteStoreOptions) {
    const checked = uncheckedOptions(NAME, options, ['database', 'path', 'durability']);
    const { table, migrate } = readSqlOptions(NAME, checked);
    super({ name: NAME, dialect: new SqliteDialect(table), client: clientOf(checked), migrate });
  }

  /**
   * The SQL that creates the table, for use with `migrate: false`.
   *
   * @throws TypeError when the table name is invalid.
   */
  static schemaSql(table: string = DEFAULT_TABLE): string {
    return sqliteSchema(readTableName(NAME, table));
  }
}

function clientOf(options: UncheckedOptions): SqliteSqlClient {
  const given = exactlyOne(NAME, options, ['database', 'path']);
  const durability = readDurability(options['durability'], given);
  if (given === 'database') return new SqliteSqlClient(readDatabase(options['database']), null);
  const database = openSqlite(readPath(options['path']), durability);
  return new SqliteSqlClient(database, () => void database.close());
}

/** Rejects a URL, which may contain a password: an error of the file system would show it. */
function readPath(path: unknown): string {
  const text = readText(NAME, 'path', path, 'the path of a file');
  if (!/^\w+:\/\//.test(text)) return text;
  throw invalidOption(NAME, 'path', 'the path of a file', text);
}

function readDurability(value: unknown, given: 'database' | 'path'): Durability {
  if (value !== undefined && given === 'database')
    throw new TypeError(
      `The option durability of the ${NAME} needs the option path: the store does not change settings of a database.`,
    );
  if (value === undefined || value === 'process' || value === 'power') return value ?? 'process';
  throw new TypeError(
    `The option durability of the ${NAME} must be "process" or "power", got ${describeWithoutText(value)}.`,
  );
}

function readDatabase(database: unknown): SqliteDatabase {
  const { prepare, exec } = (database ?? {}) as Record<string, unknown>;
  if (typeof prepare === 'function' && typeof exec === 'function') return database as SqliteDatabase;
  const what = 'a database of node:sqlite, better-sqlite3 or libsql';
  throw invalidOption(NAME, 'database', what, database);
}
