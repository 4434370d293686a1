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
import { retry } from './retry.js';
import { PendingWork } from '../../core/util/pending-work.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import type { SqlDialect } from './sql-dialect.js';
import { keyOf, recordOf } from './sql-record.js';

/** What makes a store of a database. */
export interface SqlStoreParts<C extends SqlClient> {
  /** The class of the store, for messages. */
  readonly name: string;
  readonly dialect: SqlDialect<C>;
  readonly client: C;
  readonly migrate: boolean;
}

/** What the stores that speak SQL have in common: a statement for each operation, and what its answer means. */
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
    this.#migration = new Migration(name, () => this.#retried(() => dialect.migrate(client)));
  }

  load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    return this.#operate(() => this.#load(key));
  }

  create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    return this.#operate(async () => {
      const written = await this.#write(this.#dialect.create(key, record));
      return written === 1 ? 'created' : 'collision';
    });
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#operate(async () => {
      const written = await this.#write(this.#dialect.patch(key, patch));
      return written === 1 ? 'applied' : this.#whyNot(key);
    });
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    return this.#operate(async () => {
      const written = await this.#write(this.#dialect.rekey(from, to, record, revision));
      if (written === 'collision') return 'collision';
      return written === 1 ? 'applied' : this.#whyNot(from);
    });
  }

  delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.#operate(async () =>
      (await this.#write(this.#dialect.delete(key))) === 1 ? 'deleted' : 'missing',
    );
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#operate(() => this.#retried(() => this.#dialect.sweep(this.#client, before, limit)));
  }

  listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.#operate(async () => {
      const rows = await this.#read(this.#dialect.listByPrincipal(principal, at, limit));
      const filed: StoredSession[] = [];
      for (const row of rows) {
        const record = recordOf(row);
        if (record !== null) filed.push({ key: keyOf(row), record });
      }
      return byNewest(filed, at);
    });
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const statement = this.#dialect.deleteByPrincipal(principal, keep);
    return this.#operate(() => this.#retried(() => this.#client.write(statement)));
  }

  /**
   * Makes the table, or brings it to the form that this version needs. Safe at any time and on several nodes at once;
   * a store does it by itself at its first use, unless told not to.
   */
  migrate(): Promise<void> {
    this.#migration.forget();
    return this.#tracked(() => this.#migration.made());
  }

  /**
   * Waits for operations under way, some seconds at most, then closes what the store has opened itself. Nest calls it;
   * elsewhere it is for whoever made the store.
   */
  close(): Promise<void> {
    return (this.#closing ??= endClient(this.#name, this.#client, this.#pending));
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  #operate<T>(operation: () => Promise<T>): Promise<T> {
    return this.#tracked(() => (this.#migrates ? this.#withTable(operation) : operation()));
  }

  /** Makes the table anew where somebody has dropped it: nothing can have happened without it. */
  async #withTable<T>(operation: () => Promise<T>): Promise<T> {
    const made = this.#migration.made();
    await made;
    try {
      return await operation();
    } catch (error) {
      if (!isTableMissing(error)) throw error;
      this.#migration.forget(made);
      await this.#migration.made();
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

  /** What is there where a statement found nothing to write. */
  async #whyNot(key: SessionKey): Promise<'missing' | Conflict> {
    const held = await this.#load(key);
    return held === null || held === 'corrupt' ? 'missing' : { conflict: held };
  }

  #read(statement: SqlStatement): Promise<readonly SqlRow[]> {
    return this.#retried(() => this.#client.read(statement));
  }

  #write(statement: SqlStatement): Promise<number | 'collision'> {
    return this.#retried(() => this.#client.write(statement)).catch((error: unknown) => {
      if (this.#dialect.isCollision(error)) return 'collision';
      throw error;
    });
  }

  #retried<T>(work: () => Promise<T>): Promise<T> {
    return retry((error) => this.#dialect.isTransient(error), work);
  }
}
