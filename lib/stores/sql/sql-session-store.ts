import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import {
  type Conflict,
  type ExpirySweeper,
  type StoredSession,
  byNewest,
  type PrincipalIndex,
  SessionStore,
} from '../../core/store/session-store.js';
import { endClient, type SqlClient, type SqlRow, type SqlStatement } from './sql-client.js';
import { isTableMissing, Migration } from './migration.js';
import { PendingWork } from '../../core/util/pending-work.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import type { SqlDialect } from './sql-dialect.js';
import { keyOf, recordOf } from './sql-record.js';

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

/** Base class of the SQL stores: runs the statement of each operation, and interprets its result. */
export abstract class SqlSessionStore<C extends SqlClient>
  extends SessionStore
  implements ExpirySweeper, PrincipalIndex
{
  readonly #name: string;
  readonly #dialect: SqlDialect<C>;
  readonly #client: C;
  readonly #migrates: boolean;
  readonly #pending = new PendingWork();
  readonly #migration: Migration;
  #closing: Promise<void> | null = null;

  protected constructor({ name, dialect, client, migrate }: SqlStoreParts<C>) {
    super();
    this.#name = name;
    this.#dialect = dialect;
    this.#client = client;
    this.#migrates = migrate;
    this.#migration = new Migration(name, () => this.#retry(() => dialect.migrate(client)));
  }

  load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    return this.#run(() => this.#load(key));
  }

  create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    return this.#run(async () => {
      const written = await this.#write(this.#dialect.create(key, record));
      return written === 1 ? 'created' : 'collision';
    });
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#run(async () => {
      const written = await this.#write(this.#dialect.patch(key, patch));
      return written === 1 ? 'applied' : this.#conflictOrMissing(key);
    });
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    return this.#run(async () => {
      const written = await this.#write(this.#dialect.rekey(from, to, record, revision));
      if (written === 'collision') return 'collision';
      return written === 1 ? 'applied' : this.#conflictOrMissing(from);
    });
  }

  delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.#run(async () =>
      (await this.#write(this.#dialect.delete(key))) === 1 ? 'deleted' : 'missing',
    );
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#run(() => this.#retry(() => this.#dialect.sweep(this.#client, before, limit)));
  }

  listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.#run(async () => {
      const rows = await this.#read(this.#dialect.listByPrincipal(principal, at, limit));
      const sessions: StoredSession[] = [];
      for (const row of rows) {
        const record = recordOf(row);
        if (record !== null) sessions.push({ key: keyOf(row), record });
      }
      return byNewest(sessions, at);
    });
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const statement = this.#dialect.deleteByPrincipal(principal, keep);
    return this.#run(() => this.#retry(() => this.#client.write(statement)));
  }

  /**
   * Creates the table, or migrates it to the version that this package needs. Safe at any time, and
   * concurrently on several nodes. A store calls this itself at its first use, unless the option `migrate` is
   * `false`.
   */
  migrate(): Promise<void> {
    this.#migration.forget();
    return this.#tracked(() => this.#migration.run());
  }

  /**
   * Waits for pending operations, for some seconds at most, then closes what the store itself has opened.
   * Nest calls it at shutdown; without Nest, call it yourself.
   */
  close(): Promise<void> {
    return (this.#closing ??= endClient(this.#name, this.#client, this.#pending));
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  #run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#tracked(() => (this.#migrates ? this.#withTable(operation) : operation()));
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
    if (this.#closing !== null) throw new StoreError(`The ${this.#name} is closed.`);
    try {
      return await this.#pending.add(work());
    } catch (error) {
      throw safeError(this.#name, error);
    }
  }

  async #load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    const [row] = await this.#read(this.#dialect.load(key));
    return row === undefined ? null : (recordOf(row) ?? 'corrupt');
  }

  /** The result of a statement that wrote no row. */
  async #conflictOrMissing(key: SessionKey): Promise<'missing' | Conflict> {
    const record = await this.#load(key);
    return record === null || record === 'corrupt' ? 'missing' : { conflict: record };
  }

  #read(statement: SqlStatement): Promise<readonly SqlRow[]> {
    return this.#retry(() => this.#client.read(statement));
  }

  #write(statement: SqlStatement): Promise<number | 'collision'> {
    return this.#retry(() => this.#client.write(statement)).catch((error: unknown) => {
      if (this.#dialect.isCollision(error)) return 'collision';
      throw error;
    });
  }

  /** Retries what failed because of concurrent statements: it had no effect. */
  async #retry<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !this.#dialect.isTransient(error)) throw error;
      }
    }
  }
}
