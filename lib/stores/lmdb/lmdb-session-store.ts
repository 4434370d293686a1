import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-key.js';
import {
  applyPatch,
  decodeRecord,
  encodeRecord,
  type SessionPatch,
  type SessionRecord,
} from '../../core/session-record.js';
import {
  type Answer,
  type Conflict,
  type ExpirySweeper,
  type FiledSession,
  type PrincipalIndex,
  SessionStore,
} from '../../core/session-store.js';
import { newestFirst } from '../../core/newest-first.js';
import { openLmdb, type LmdbDatabase, type LmdbEnvironment } from './lmdb-driver.js';

/** Where a {@link LmdbSessionStore} keeps its sessions. */
export interface LmdbStoreOptions {
  /** The folder of the database; made where it is missing. On a local disk: LMDB does not work on network file systems. */
  readonly path: string;
  /**
   * The size to which the database may grow. Bytes.
   * @defaultValue 4 GiB
   */
  readonly maxBytes?: number;
}

/**
 * Sessions in a folder of this machine: they outlive a restart, and several processes may use them at once.
 *
 * An answered write survives the end of the process, however it ends; a power cut may take the writes of the last
 * moments, never the database. Needs the package `lmdb`.
 */
export class LmdbSessionStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  readonly #environment: LmdbEnvironment;
  /** Key to record. */
  readonly #records: LmdbDatabase<string, SessionKey>;
  /** Expiry and key, in the order of time: what {@link deleteExpired} walks. */
  readonly #expiries: LmdbDatabase<true, [number, SessionKey]>;
  /** Digest of a principal and key; the digest, because a key of the database has a longest size. */
  readonly #principals: LmdbDatabase<true, [string, SessionKey]>;
  #closing: Promise<void> | null = null;

  /** @throws Error when the folder cannot be made or opened. */
  constructor({ path, maxBytes = 4 * 1024 ** 3 }: LmdbStoreOptions) {
    super();
    if (typeof path !== 'string' || path === '') {
      throw new TypeError(
        `The option path of the LmdbSessionStore must be the path of a folder, got ${JSON.stringify(path)}.`,
      );
    }
    this.#environment = openLmdb(path, maxBytes);
    this.#records = this.#environment.openDB('records', { encoding: 'string' });
    this.#expiries = this.#environment.openDB('expiries', { encoding: 'msgpack' });
    this.#principals = this.#environment.openDB('principals', { encoding: 'msgpack' });
  }

  load(key: SessionKey): Answer<SessionRecord | 'corrupt' | null> {
    // What another process has answered must be seen here: a snapshot of this turn of the event loop may be older.
    this.#environment.resetReadTxn();
    return this.#read(key) ?? (this.#has(key) ? 'corrupt' : null);
  }

  create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    return this.#atomically(() => {
      if (this.#has(key)) return 'collision';
      this.#write(key, record);
      return 'created';
    });
  }

  patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    return this.#atomically(() => {
      const record = this.#read(key);
      if (record === null) return 'missing';
      const next = applyPatch(record, patch);
      if (next === null) return { conflict: record };
      this.#remove(key, record);
      this.#write(key, next);
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
      this.#remove(from, former);
      this.#write(to, record);
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
      const over = [...this.#expiries.getKeys({ end: [before + 1], limit })];
      for (const [expiresAt, key] of over) {
        void this.#expiries.remove([expiresAt, key]);
        this.#remove(key, this.#read(key));
      }
      return over.length;
    });
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<FiledSession[]> {
    this.#environment.resetReadTxn();
    return newestFirst(this.#filedOf(principal), at).slice(0, limit);
  }

  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    return this.#atomically(() => {
      const filed = this.#filedOf(principal).filter(({ key }) => key !== keep);
      for (const { key, record } of filed) this.#remove(key, record);
      return filed.length;
    });
  }

  /** Waits for writes under way and closes the database. Nest calls it; elsewhere it is for whoever made the store. */
  close(): Promise<void> {
    return (this.#closing ??= this.#environment.close());
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** One write transaction of this machine; resolves when it is committed. */
  #atomically<T>(work: () => T): Promise<T> {
    return this.#environment.transaction(work);
  }

  #read(key: SessionKey): SessionRecord | null {
    const text = this.#records.get(key);
    return text === undefined ? null : decodeRecord(text);
  }

  #has(key: SessionKey): boolean {
    return this.#records.get(key) !== undefined;
  }

  #filedOf(principal: string): FiledSession[] {
    const digest = digestOf(principal);
    const filed: FiledSession[] = [];
    for (const [, key] of this.#principals.getKeys({ start: [digest], end: [digest, '\uffff'] })) {
      const record = this.#read(key);
      if (record?.principal === principal) filed.push({ key, record });
    }
    return filed;
  }

  #write(key: SessionKey, record: SessionRecord): void {
    void this.#records.put(key, encodeRecord(record));
    void this.#expiries.put([record.expiresAt, key], true);
    if (record.principal !== null) void this.#principals.put([digestOf(record.principal), key], true);
  }

  /** Of a record that cannot be read, the entry in the order of time stays until its time has come. */
  #remove(key: SessionKey, record: SessionRecord | null): void {
    void this.#records.remove(key);
    if (record === null) return;
    void this.#expiries.remove([record.expiresAt, key]);
    if (record.principal !== null) void this.#principals.remove([digestOf(record.principal), key]);
  }
}

function digestOf(principal: string): string {
  return createHash('sha256').update(principal).digest('base64url');
}
