import type { SessionKey } from '../../core/session-id.js';
import { victimsOf } from '../../core/store/principal-limit.js';
import { decodeRecord, encodeRecord, type SessionRecord } from '../../core/store/session-record.js';
import type { Evicted, StoredSession, WriteTerms } from '../../core/store/session-store.js';
import type { SessionPage } from '../../core/store/store-powers.js';
import { digestOf, type LmdbTables } from './lmdb-tables.js';

/** An open database. */
export interface OpenDatabase {
  readonly tables: LmdbTables;
  readonly records: LmdbRecords;
}

/** The records in the tables of a folder, with their entries in the other tables. */
export class LmdbRecords {
  readonly #tables: LmdbTables;

  constructor(tables: LmdbTables) {
    this.#tables = tables;
  }

  load(key: SessionKey, realm: string | undefined): SessionRecord | 'corrupt' | 'revoked' | null {
    const record = this.read(key);
    if (record === null) return this.has(key) ? 'corrupt' : null;
    return realm !== undefined && isRefused(record, this.#tables.epochOf(realm)) ? 'revoked' : record;
  }

  /** The record of a key; `null` if it is missing or unreadable. */
  read(key: SessionKey): SessionRecord | null {
    const text = this.#tables.records.get(key);
    return text === undefined ? null : decodeRecord(text);
  }

  /** Whether a key is in use, also by an unreadable record. */
  has(key: SessionKey): boolean {
    return this.#tables.records.get(key) !== undefined;
  }

  /** All sessions of a principal. */
  sessionsOf(principal: string): StoredSession[] {
    const digest = digestOf(principal);
    const sessions: StoredSession[] = [];
    for (const [, key] of this.#tables.principals.getKeys({ start: [digest], end: [digest, '\uffff'] })) {
      const record = this.read(key);
      if (record?.principal === principal) sessions.push({ key, record });
    }
    return sessions;
  }

  /** The keys after `cursor` in the order of the table. Unreadable records are not in the page. */
  page(cursor: string | null, limit: number): SessionPage {
    // The first key is the one of the cursor, unless it has ended.
    const start = cursor === null ? {} : { start: cursor };
    const keys = [...this.#tables.records.getKeys({ ...start, limit: limit + 2 })];
    const page = keys.filter((key) => key !== cursor).slice(0, limit + 1);
    const isLast = page.length <= limit;
    const sessions: StoredSession[] = [];
    for (const key of page.slice(0, limit)) {
      const record = this.read(key);
      if (record !== null) sessions.push({ key, record });
    }
    return { sessions, cursor: isLast ? null : page[limit - 1]! };
  }

  /** The sessions that end for a new one of the principal. */
  victims(
    { principal }: SessionRecord,
    from: SessionKey | null,
    terms: WriteTerms | undefined,
  ): readonly StoredSession[] | 'limit' {
    if (principal === null || terms === undefined || terms.limit === null) return [];
    const { realm, limit } = terms;
    const present = this.#tables.epochOf(realm);
    const isCounted = ({ key, record }: StoredSession): boolean =>
      key !== from && record.expiresAt > limit.at && !isRefused(record, present);
    return victimsOf(this.sessionsOf(principal).filter(isCounted), limit);
  }

  /** Removes sessions; `null` if there are none. */
  evict(sessions: readonly StoredSession[]): Evicted | null {
    for (const { key, record } of sessions) this.remove(key, record);
    return sessions.length === 0 ? null : { evicted: sessions };
  }

  /**
   * Writes a record, and removes the former one, which may have another key.
   *
   * @throws StoreError when the record does not fit; nothing has been removed then.
   */
  write(key: SessionKey, record: SessionRecord, former: StoredSession | null): void {
    const tables = this.#tables;
    const text = encodeRecord(record);
    tables.limit.reserve(text, () => (former === null ? 0 : tables.records.get(former.key)!.length));
    if (former !== null) this.remove(former.key, former.record);
    void tables.records.put(key, text);
    void tables.expiries.put([record.expiresAt, key], true);
    if (record.principal !== null) void tables.principals.put([digestOf(record.principal), key], true);
  }

  /** The expiry entry of an unreadable record stays until it expires, because its time is unknown. */
  remove(key: SessionKey, record: SessionRecord | null): void {
    const { records, expiries, principals } = this.#tables;
    void records.remove(key);
    if (record === null) return;
    void expiries.remove([record.expiresAt, key]);
    if (record.principal !== null) void principals.remove([digestOf(record.principal), key]);
  }

  /**
   * Removes up to `limit` records that had expired at an instant, and returns how many, and the readable
   * ones.
   */
  removeExpired(before: number, limit: number): { count: number; sessions: StoredSession[] } {
    const { expiries } = this.#tables;
    const expired = [...expiries.getKeys({ end: [before + 1], limit })];
    const sessions: StoredSession[] = [];
    for (const [expiresAt, key] of expired) {
      void expiries.remove([expiresAt, key]);
      const record = this.read(key);
      this.remove(key, record);
      if (record !== null) sessions.push({ key, record });
    }
    return { count: expired.length, sessions };
  }
}

/** Whether the present epoch of its realm refuses a record. */
export const isRefused = ({ epoch = 0 }: SessionRecord, present: number): boolean => epoch < present;

/** A record with an epoch. `encodeRecord` omits an epoch of 0. */
export const withEpoch = (record: SessionRecord, epoch = 0): SessionRecord =>
  epoch === (record.epoch ?? 0) ? record : { ...record, epoch };
