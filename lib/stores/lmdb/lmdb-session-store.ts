import type { SessionKey } from '../../core/session-id.js';
import { applyPatch, type SessionPatch, type SessionRecord } from '../../core/store/session-record.js';
import type { Awaitable } from '../../core/util/awaitable.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import {
  type Conflict,
  type Evicted,
  type ExpirySweeper,
  type StoredSession,
  byNewest,
  type PrincipalIndex,
  SessionStore,
  type WriteTerms,
} from '../../core/store/session-store.js';
import type {
  ExpiryClaims,
  SessionEpochs,
  SessionLimits,
  SessionPage,
  SessionScan,
} from '../../core/store/store-powers.js';
import { commitError, type LmdbPackage, loadLmdb } from './lmdb-driver.js';
import { checkOptions, type LmdbStoreOptions } from './lmdb-options.js';
import { isRefused, LmdbRecords, type OpenDatabase, withEpoch } from './lmdb-records.js';
import { LmdbTables } from './lmdb-tables.js';

/**
 * Sessions in a local folder. They survive a restart, and several processes may share them.
 *
 * A completed write survives any end of the process. A power cut may lose the most recent writes, but does
 * not damage the database. The store creates no file before {@link open}. Needs the package `lmdb`.
 */
export class LmdbSessionStore
  extends SessionStore
  implements ExpirySweeper, ExpiryClaims, PrincipalIndex, SessionEpochs, SessionLimits, SessionScan
{
  readonly limitsSessions = true;
  readonly #lmdb: LmdbPackage;
  readonly #options: Required<LmdbStoreOptions>;
  #opened: OpenDatabase | null = null;
  #closing: Promise<void> | null = null;

  /** @throws TypeError or RangeError for an invalid option; Error when the package `lmdb` is missing. */
  constructor(options: LmdbStoreOptions) {
    super();
    this.#options = checkOptions(options);
    this.#lmdb = loadLmdb();
  }

  /**
   * Opens the database, and creates its folder when it is missing. Nest calls it when the application starts;
   * without Nest the first operation opens the database.
   *
   * @throws Error when the folder cannot be created, or its files are damaged.
   */
  open(): void {
    void this.#database;
  }

  onModuleInit(): void {
    this.open();
  }

  load(key: SessionKey): Awaitable<SessionRecord | 'corrupt' | null>;
  load(key: SessionKey, realm?: string): Awaitable<SessionRecord | 'corrupt' | 'revoked' | null>;
  load(key: SessionKey, realm?: string): Awaitable<SessionRecord | 'corrupt' | 'revoked' | null> {
    return this.#readNow(({ records }) => records.load(key, realm));
  }

  create(
    key: SessionKey,
    record: SessionRecord,
    terms?: WriteTerms,
  ): Promise<'created' | 'collision' | 'limit' | Evicted> {
    return this.#atomically(({ records, tables }) => {
      if (records.has(key)) return 'collision';
      const victims = records.victims(record, null, terms);
      if (victims === 'limit') return 'limit';
      const epoch = terms === undefined ? record.epoch : tables.epochOf(terms.realm);
      records.write(key, withEpoch(record, epoch), null);
      return records.evict(victims) ?? 'created';
    });
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#atomically(({ records }) => {
      const record = records.read(key);
      if (record === null) return 'missing';
      const next = applyPatch(record, patch);
      if (next === null) return { conflict: record };
      records.write(key, next, { key, record });
      return 'applied';
    });
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): Promise<'applied' | 'missing' | 'collision' | 'limit' | Evicted | Conflict> {
    return this.#atomically(({ records, tables }) => {
      const former = records.read(from);
      const present = terms === undefined ? 0 : tables.epochOf(terms.realm);
      if (former === null || isRefused(former, present)) return 'missing';
      if (revision !== null && former.revision !== revision) return { conflict: former };
      if (records.has(to)) return 'collision';
      const victims = records.victims(record, from, terms);
      if (victims === 'limit') return 'limit';
      const epoch = terms?.isLogin === true ? present : record.epoch;
      records.write(to, withEpoch(record, epoch), { key: from, record: former });
      return records.evict(victims) ?? 'applied';
    });
  }

  delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.#atomically(({ records }) => {
      if (!records.has(key)) return 'missing';
      records.remove(key, records.read(key));
      return 'deleted';
    });
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#atomically(({ records }) => records.removeExpired(before, limit).count);
  }

  claimExpired(before: number, limit: number): Promise<StoredSession[]> {
    return this.#atomically(({ records }) => records.removeExpired(before, limit).sessions);
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.#readNow(({ records }) => byNewest(records.sessionsOf(principal), at).slice(0, limit));
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    return this.#atomically(({ records }) => {
      const ending = records.sessionsOf(principal).filter(({ key }) => key !== keep);
      return records.evict(ending)?.evicted.length ?? 0;
    });
  }

  async epoch(realm: string): Promise<number> {
    return this.#readNow(({ tables }) => tables.epochOf(realm));
  }

  advanceEpoch(realm: string): Promise<number> {
    return this.#atomically(({ tables }) => {
      const next = tables.epochOf(realm) + 1;
      void tables.epochs.put(realm, next);
      return next;
    });
  }

  async scan(cursor: string | null, limit: number): Promise<SessionPage> {
    return this.#readNow(({ records }) => records.page(cursor, limit));
  }

  /** Waits for pending writes and closes the database. Nest calls it; without Nest, call it yourself. */
  close(): Promise<void> {
    return (this.#closing ??= this.#opened?.tables.environment.close() ?? Promise.resolve());
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  get #database(): OpenDatabase {
    if (this.#closing !== null) throw new StoreError('The LmdbSessionStore is closed.');
    if (this.#opened !== null) return this.#opened;
    const tables = LmdbTables.open(this.#lmdb, this.#options);
    return (this.#opened = { tables, records: new LmdbRecords(tables) });
  }

  /** Reads from a new snapshot, because an older one may lack writes of other processes. */
  #readNow<T>(read: (database: OpenDatabase) => T): T {
    const database = this.#database;
    try {
      database.tables.environment.resetReadTxn();
      return read(database);
    } catch (error) {
      throw safeError('LmdbSessionStore', error);
    }
  }

  /** Runs one write transaction of this machine. Resolves when it is committed. */
  async #atomically<T>(work: (database: OpenDatabase) => T): Promise<T> {
    const database = this.#database;
    try {
      return await database.tables.environment.transaction(() => work(database));
    } catch (error) {
      throw await commitError(error, this.#options.path);
    }
  }
}
