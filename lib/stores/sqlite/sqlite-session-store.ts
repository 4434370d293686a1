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

/** Where a {@link SqliteSessionStore} keeps its sessions: exactly one of `database` and `path`, and how. */
export interface SqliteStoreOptions extends SqlStoreOptions {
  /**
   * A database of `node:sqlite`, `better-sqlite3` or `libsql`. The store never closes it and leaves its settings alone:
   * several processes on one file need `PRAGMA journal_mode = WAL`, and a short `PRAGMA busy_timeout`, such as 5: for as long
   * the whole process stands still when another connection writes. (`better-sqlite3` and `libsql` begin with 5000.) After it
   * the store tries again by itself, for 2 seconds.
   *
   * It must be in no transaction of yours while the store uses it: what the store answered would be gone with a ROLLBACK. The
   * store refuses where the driver tells (all but `node:sqlite` before Node 22.16).
   */
  readonly database?: SqliteDatabase;
  /** A file of this machine, made where it is missing, or `':memory:'`. The store opens it, and closes it. */
  readonly path?: string;
  /**
   * What an answered write survives, with a `path`: the end of the process, however it ends, or a power cut too, which
   * makes each write wait for the disk.
   * @defaultValue `'process'`
   */
  readonly durability?: Durability;
}

/**
 * Sessions in a file of SQLite, 3.38 or later: they outlive a restart, and several processes of one machine may use them
 * at once.
 *
 * With a `path` it takes the SQLite of Node, from 22.13 on, else the package `better-sqlite3` or `libsql`.
 */
export class SqliteSessionStore extends SqlSessionStore<SqliteSqlClient> {
  /** @throws TypeError that names the option that is wrong; Error when the file cannot be opened. */
  constructor(options: SqliteStoreOptions) {
    const checked = uncheckedOptions(NAME, options, ['database', 'path', 'durability']);
    const { table, migrate } = readSqlOptions(NAME, checked);
    super({ name: NAME, dialect: new SqliteDialect(table), client: clientOf(checked), migrate });
  }

  /**
   * The SQL that makes the table, for those who give `migrate: false`.
   *
   * @throws TypeError when the name cannot be that of a table.
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

/** No URL, which may have a password in it: the system tells the path that it does not find. */
function readPath(path: unknown): string {
  const text = readText(NAME, 'path', path, 'the path of a file');
  if (!/^\w+:\/\//.test(text)) return text;
  throw invalidOption(NAME, 'path', 'the path of a file', text);
}

function readDurability(value: unknown, given: 'database' | 'path'): Durability {
  if (value !== undefined && given === 'database')
    throw new TypeError(
      `The option durability of the ${NAME} goes with path: a database that is given keeps its own settings.`,
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
