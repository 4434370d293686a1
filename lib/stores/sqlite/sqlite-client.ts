import type { SqlClient, SqlRow, SqlStatement } from '../sql/sql-client.js';

/** A prepared statement of `node:sqlite`, `better-sqlite3` or `libsql`. */
export interface SqliteStatement {
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): { changes: number | bigint };
}

/** A database of `node:sqlite`, `better-sqlite3` or `libsql`. */
export interface SqliteDatabase {
  prepare(text: string): SqliteStatement;
  exec(text: string): unknown;
}

/** SQLite as the store uses it. Its drivers answer at once; what they throw becomes a rejection. */
export class SqliteSqlClient implements SqlClient {
  readonly #database: SqliteDatabase;
  readonly #end: (() => void) | null;
  readonly #prepared = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase, end: (() => void) | null) {
    this.#database = database;
    this.#end = end;
  }

  async read({ text, values }: SqlStatement): Promise<readonly SqlRow[]> {
    return this.#prepare(text).all(...values) as SqlRow[];
  }

  async write({ text, values }: SqlStatement): Promise<number> {
    return Number(this.#prepare(text).run(...values).changes);
  }

  /** One transaction, in one turn of the event loop: no other statement of this connection gets into it. */
  exclusively(work: (database: SqliteDatabase) => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work(this.#database);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#prepared.clear();
    this.#end?.();
  }

  #prepare(text: string): SqliteStatement {
    const statement = this.#prepared.get(text) ?? this.#database.prepare(text);
    this.#prepared.set(text, statement);
    return statement;
  }
}
