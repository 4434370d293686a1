import { PendingWork } from '../../core/util/pending-work.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { isTableMissing, Migration } from './migration.js';
import { endClient, type SqlClient, type SqlRow, type SqlStatement } from './sql-client.js';
import type { SqlDialect } from './sql-dialect.js';

/** Parts of an SQL store. */
export interface SqlStoreParts<C extends SqlClient> {
  /** The class name of the store, for messages. */
  readonly name: string;
  readonly dialect: SqlDialect<C>;
  readonly client: C;
  readonly migrate: boolean;
}

/** Attempts for one statement. With a full pool of connections each attempt lets one of the others finish. */
const MAX_ATTEMPTS = 30;

/** Retries what failed because of concurrent statements: it had no effect. */
export async function retried<T>(
  dialect: { isTransient(error: unknown): boolean },
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !dialect.isTransient(error)) throw error;
    }
  }
}

/** Runs the operations of an SQL store: each waits for the table, and is finished before the store closes. */
export class SqlRunner<C extends SqlClient> {
  readonly #parts: SqlStoreParts<C>;
  readonly #pending = new PendingWork();
  readonly #migration: Migration;
  #closing: Promise<void> | null = null;

  constructor(parts: SqlStoreParts<C>) {
    this.#parts = parts;
    const { name, dialect, client } = parts;
    this.#migration = new Migration(name, () => retried(dialect, () => dialect.migrate(client)));
  }

  run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#tracked(() => (this.#parts.migrate ? this.#withTable(operation) : operation()));
  }

  read(statement: SqlStatement): Promise<readonly SqlRow[]> {
    return retried(this.#parts.dialect, () => this.#parts.client.read(statement));
  }

  /** Resolves with the number of rows, or with `'collision'` when the statement fails for a key in use. */
  write(statement: SqlStatement): Promise<number | 'collision'> {
    const { dialect, client } = this.#parts;
    return retried(dialect, () => client.write(statement)).catch((error: unknown) => {
      if (dialect.isCollision(error)) return 'collision';
      throw error;
    });
  }

  migrate(): Promise<void> {
    this.#migration.forget();
    return this.#tracked(() => this.#migration.run());
  }

  close(): Promise<void> {
    return (this.#closing ??= endClient(this.#parts.name, this.#parts.client, this.#pending));
  }

  /** Creates the table again when it was dropped: an operation without a table has no effect. */
  async #withTable<T>(operation: () => Promise<T>): Promise<T> {
    const migration = this.#migration.run();
    await migration;
    try {
      return await operation();
    } catch (error) {
      if (!isTableMissing(error)) throw error;
      this.#migration.forget(migration);
      await this.#migration.run();
      return operation();
    }
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw new StoreError(`The ${this.#parts.name} is closed.`);
    try {
      return await this.#pending.add(work());
    } catch (error) {
      throw safeError(this.#parts.name, error);
    }
  }
}
