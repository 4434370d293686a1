import type { SessionKey } from '../../core/session-id.js';
import {
  applyPatch,
  decodeRecord,
  encodeRecord,
  type SessionPatch,
  type SessionRecord,
} from '../../core/store/session-record.js';
import type { Awaitable } from '../../core/util/awaitable.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import {
  type Conflict,
  type ExpirySweeper,
  type StoredSession,
  byNewest,
  type PrincipalIndex,
  SessionStore,
} from '../../core/store/session-store.js';
import { commitError, type LmdbPackage, loadLmdb } from './lmdb-driver.js';
import { checkOptions, type LmdbStoreOptions } from './lmdb-options.js';
import { digestOf, LmdbTables } from './lmdb-tables.js';

/**
 * Sessions in a local folder. They survive a restart, and several processes may share them.
 *
 * A completed write survives any end of the process. A power cut may lose the most recent writes, but does
 * not damage the database. The store creates no file before {@link open}. Needs the package `lmdb`.
 */
export class LmdbSessionStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  readonly #lmdb: LmdbPackage;
  readonly #options: Required<LmdbStoreOptions>;
  #opened: LmdbTables | null = null;
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
    void this.#tables;
  }

  onModuleInit(): void {
    this.open();
  }

  load(key: SessionKey): Awaitable<SessionRecord | 'corrupt' | null> {
    return this.#readNow(() => this.#read(key) ?? (this.#has(key) ? 'corrupt' : null));
  }

  create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    return this.#atomically(() => {
      if (this.#has(key)) return 'collision';
      this.#write(key, record, null);
      return 'created';
    });
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#atomically(() => {
      const record = this.#read(key);
      if (record === null) return 'missing';
      const next = applyPatch(record, patch);
      if (next === null) return { conflict: record };
      this.#write(key, next, { key, record });
      return 'applied';
    });
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    return this.#atomically(() => {
      const former = this.#read(from);
      if (former === null) return 'missing';
      if (revision !== null && former.revision !== revision) return { conflict: former };
      if (this.#has(to)) return 'collision';
      this.#write(to, record, { key: from, record: former });
      return 'applied';
    });
  }

  delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.#atomically(() => {
      if (!this.#has(key)) return 'missing';
      this.#remove(key, this.#read(key));
      return 'deleted';
    });
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#atomically(() => {
      const expired = [...this.#tables.expiries.getKeys({ end: [before + 1], limit })];
      for (const [expiresAt, key] of expired) {
        void this.#tables.expiries.remove([expiresAt, key]);
        this.#remove(key, this.#read(key));
      }
      return expired.length;
    });
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.#readNow(() => byNewest(this.#sessionsOf(principal), at).slice(0, limit));
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    return this.#atomically(() => {
      const sessions = this.#sessionsOf(principal).filter(({ key }) => key !== keep);
      for (const { key, record } of sessions) this.#remove(key, record);
      return sessions.length;
    });
  }

  /** Waits for pending writes and closes the database. Nest calls it; without Nest, call it yourself. */
  close(): Promise<void> {
    return (this.#closing ??= this.#opened?.environment.close() ?? Promise.resolve());
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  get #tables(): LmdbTables {
    if (this.#closing !== null) throw new StoreError('The LmdbSessionStore is closed.');
    return (this.#opened ??= LmdbTables.open(this.#lmdb, this.#options));
  }

  /** Reads from a new snapshot, because an older one may lack writes of other processes. */
  #readNow<T>(read: () => T): T {
    const { environment } = this.#tables;
    try {
      environment.resetReadTxn();
      return read();
    } catch (error) {
      throw safeError('LmdbSessionStore', error);
    }
  }

  /** Runs one write transaction of this machine. Resolves when it is committed. */
  async #atomically<T>(work: () => T): Promise<T> {
    const { environment } = this.#tables;
    try {
      return await environment.transaction(work);
    } catch (error) {
      throw await commitError(error, this.#options.path);
    }
  }

  #read(key: SessionKey): SessionRecord | null {
    const text = this.#tables.records.get(key);
    return text === undefined ? null : decodeRecord(text);
  }

  #has(key: SessionKey): boolean {
    return this.#tables.records.get(key) !== undefined;
  }

  #sessionsOf(principal: string): StoredSession[] {
    const digest = digestOf(principal);
    const sessions: StoredSession[] = [];
    for (const [, key] of this.#tables.principals.getKeys({ start: [digest], end: [digest, '\uffff'] })) {
      const record = this.#read(key);
      if (record?.principal === principal) sessions.push({ key, record });
    }
    return sessions;
  }

  /** Writes a record, and removes the former one, which may have another key. */
  #write(key: SessionKey, record: SessionRecord, former: StoredSession | null): void {
    const tables = this.#tables;
    const text = encodeRecord(record);
    tables.limit.reserve(text, () => (former === null ? 0 : tables.records.get(former.key)!.length));
    if (former !== null) this.#remove(former.key, former.record);
    void tables.records.put(key, text);
    void tables.expiries.put([record.expiresAt, key], true);
    if (record.principal !== null) void tables.principals.put([digestOf(record.principal), key], true);
  }

  /** The expiry entry of an unreadable record stays until it expires, because its time is unknown. */
  #remove(key: SessionKey, record: SessionRecord | null): void {
    const { records, expiries, principals } = this.#tables;
    void records.remove(key);
    if (record === null) return;
    void expiries.remove([record.expiresAt, key]);
    if (record.principal !== null) void principals.remove([digestOf(record.principal), key]);
  }
}
