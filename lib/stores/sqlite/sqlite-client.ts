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

/** SQLite as the store uses it. Its drivers answer at once; what they throw becomes a rejection. */
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

  /** One transaction, in one turn of the event loop: no other statement of this connection gets into it. */
  exclusively(work: (database: SqliteDatabase) => void): Promise<void> {
    return this.#busy.write(() => {
      this.#refuseTransaction();
      this.#begin();
      try {
        work(this.#database);
        this.#database.exec('COMMIT');
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
    this.#refuseTransaction();
    const statement = this.#prepared.get(text) ?? this.#database.prepare(text);
    this.#prepared.set(text, statement);
    return statement;
  }

  #begin(): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      // What a driver says that does not tell it beforehand.
      if (String((error as Partial<Error> | null)?.message).includes('within a transaction'))
        throw new StoreError(IN_TRANSACTION);
      throw error;
    }
  }

  /** SQLite has done it already where the disk is full, and then fails. */
  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // What brought it about is told.
    }
  }

  /** `better-sqlite3` and `libsql` tell it, and `node:sqlite` from Node 22.16 on. */
  #refuseTransaction(): void {
    const { inTransaction, isTransaction } = this.#database as unknown as Readonly<Record<string, unknown>>;
    if (inTransaction === true || isTransaction === true) throw new StoreError(IN_TRANSACTION);
  }
}

const IN_TRANSACTION =
  'The database of the SqliteSessionStore is in a transaction of the application: a session that was saved there would be ' +
  'gone with a ROLLBACK. Give the store a path, or a handle of its own.';
