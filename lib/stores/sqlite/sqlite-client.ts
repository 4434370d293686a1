import { StoreError } from '../../core/util/store-error.js';
import { BusyQueue } from './busy.js';
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

/** SQLite as an {@link SqlClient}. Its drivers are synchronous; their errors become rejections. */
export class SqliteSqlClient implements SqlClient {
  readonly #database: SqliteDatabase;
  readonly #end: (() => void) | null;
  readonly #prepared = new Map<string, SqliteStatement>();
  readonly #busy = new BusyQueue();

  constructor(database: SqliteDatabase, end: (() => void) | null) {
    this.#database = database;
    this.#end = end;
  }

  read({ text, values }: SqlStatement): Promise<readonly SqlRow[]> {
    return this.#busy.read(() => this.#prepare(text).all(...values) as SqlRow[]);
  }

  write({ text, values }: SqlStatement): Promise<number> {
    return this.#busy.write(() => Number(this.#prepare(text).run(...values).changes));
  }

  /** Runs one transaction synchronously, so that no other statement of this connection runs inside it. */
  exclusively<T>(work: (database: SqliteDatabase) => T): Promise<T> {
    return this.#busy.write(() => {
      this.#rejectTransaction();
      this.#begin();
      try {
        const result = work(this.#database);
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        this.#rollback();
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    this.#prepared.clear();
    this.#end?.();
  }

  #prepare(text: string): SqliteStatement {
    this.#rejectTransaction();
    const statement = this.#prepared.get(text) ?? this.#database.prepare(text);
    this.#prepared.set(text, statement);
    return statement;
  }

  #begin(): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      // The error of a driver that does not report an open transaction beforehand.
      if (String((error as Partial<Error> | null)?.message).includes('within a transaction'))
        throw new StoreError(IN_TRANSACTION);
      throw error;
    }
  }

  /** ROLLBACK fails when SQLite has already rolled back, for example on a full disk. */
  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // The caller throws the error that caused the rollback.
    }
  }

  /** `better-sqlite3`, `libsql`, and `node:sqlite` since Node 22.16 report an open transaction. */
  #rejectTransaction(): void {
    const { inTransaction, isTransaction } = this.#database as unknown as Readonly<Record<string, unknown>>;
    if (inTransaction === true || isTransaction === true) throw new StoreError(IN_TRANSACTION);
  }
}

const IN_TRANSACTION =
  'The database of the SqliteSessionStore is in a transaction of the application: a ROLLBACK would undo the save of a ' +
  'session. Set the option path, or pass a database handle that only the store uses.';
