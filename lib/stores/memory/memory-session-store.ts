import { Entry, evictionTarget, growthOf, positive, sizeOf } from './entry.js';
import { evictUnused, RecentEntries } from './evict.js';
import { ExpiredSessions } from './expiry.js';
import { NameLists } from './packed-texts.js';
import { PrincipalKeys } from './principal-keys.js';
import type { Awaitable } from '../../core/util/awaitable.js';
import {
  type Conflict,
  type ExpirySweeper,
  type StoredSession,
  byNewest,
  type PrincipalIndex,
  SessionStore,
} from '../../core/store/session-store.js';
import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';

/** Limits of a {@link MemorySessionStore}. */
export interface MemoryStoreOptions {
  /**
   * Largest number of sessions.
   * @defaultValue `100_000`
   */
  readonly maxSessions?: number;
  /**
   * Largest size of all keys and attributes. Bytes.
   * @defaultValue 64 MiB
   */
  readonly maxBytes?: number;
}

/**
 * Sessions in the memory of this process: for development, tests and tools. They are lost when the process
 * ends, and other processes cannot use them.
 *
 * At a limit the store evicts sessions that were not used recently: first those without a principal, then
 * any. `evicted` counts them. Expired sessions are freed within a second.
 */
export class MemorySessionStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  readonly #entries = new Map<SessionKey, Entry>();
  readonly #expired = new ExpiredSessions(this.#entries, (key) => this.#drop(key));
  readonly #principals = new PrincipalKeys();
  readonly #lists = new NameLists();
  readonly #recent = new RecentEntries();
  readonly #maxSessions: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #evicted = 0;
  #uses = 0;
  /** Number of sessions without a principal. */
  #anonymous = 0;

  /** @throws RangeError when a limit is not a positive integer. */
  constructor({ maxSessions = 100_000, maxBytes = 64 * 1024 * 1024 }: MemoryStoreOptions = {}) {
    super();
    this.#maxSessions = positive('maxSessions', maxSessions);
    this.#maxBytes = positive('maxBytes', maxBytes);
  }

  /** Number of sessions, including some that expired within the last second. */
  get size(): number {
    return this.#entries.size;
  }
  /** Size of all keys and attributes. Bytes. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Number of evicted sessions. A value above 0 means that a limit is too low. */
  get evicted(): number {
    return this.#evicted;
  }

  load(key: SessionKey): Awaitable<SessionRecord | null> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    entry.usedAt = ++this.#uses;
    this.#recent.add(entry);
    return entry.record();
  }

  create(key: SessionKey, record: SessionRecord): Awaitable<'created' | 'collision'> {
    if (this.#entries.has(key)) return 'collision';
    const entry = new Entry(record, sizeOf(key, record), this.#lists);
    this.#checkSize(entry.bytes);
    this.#put(key, entry);
    this.#expired.noteTime(record.touchedAt);
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Awaitable<'applied' | 'missing' | Conflict> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 'missing';
    if (!entry.agreesWith(patch)) return { conflict: entry.record() };
    const growth = growthOf(patch);
    if (growth > 0) this.#checkSize(entry.bytes + growth);
    const { principal, expiresAt } = entry;
    if (principal !== patch.principal.to) this.#changePrincipal(key, principal, patch.principal.to);
    entry.apply(patch, this.#lists);
    if (entry.expiresAt < expiresAt) this.#expired.add(key, entry);
    entry.bytes += growth;
    entry.usedAt = ++this.#uses;
    this.#bytes += growth;
    if (growth > 0) this.#makeRoomFor(key);
    return 'applied';
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Awaitable<'applied' | 'missing' | 'collision' | Conflict> {
    const entry = this.#entries.get(from);
    if (entry === undefined) return 'missing';
    if (revision !== null && entry.revision !== revision) return { conflict: entry.record() };
    if (this.#entries.has(to)) return 'collision';
    const next = new Entry(record, sizeOf(to, record), this.#lists);
    this.#checkSize(next.bytes);
    this.#drop(from);
    this.#put(to, next);
    return 'applied';
  }

  delete(key: SessionKey): Awaitable<'deleted' | 'missing'> {
    return this.#drop(key) ? 'deleted' : 'missing';
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#expired.free(before, limit);
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    const sessions = this.#principals
      .of(principal)
      .map((key) => ({ key, record: this.#entries.get(key)!.record() }));
    return byNewest(sessions, at).slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const keys = this.#principals.of(principal).filter((key) => key !== keep);
    return keys.filter((key) => this.#drop(key)).length;
  }

  #put(key: SessionKey, entry: Entry): void {
    entry.usedAt = ++this.#uses;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    if (entry.principal === null) this.#anonymous++;
    else this.#principals.move(key, null, entry.principal);
    this.#expired.add(key, entry);
    this.#makeRoomFor(key);
  }

  #changePrincipal(key: SessionKey, former: string | null, principal: string | null): void {
    this.#anonymous += Number(principal === null) - Number(former === null);
    this.#principals.move(key, former, principal);
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#maxBytes) return;
    throw new RangeError(
      `A session of ${bytes} bytes is larger than maxBytes ${this.#maxBytes} of the MemorySessionStore.`,
    );
  }

  /** Evicts some sessions more than needed, because a search is expensive; anonymous ones first. */
  #makeRoomFor(fresh: SessionKey): void {
    if (this.#entries.size <= this.#maxSessions && this.#bytes <= this.#maxBytes) return;
    const [size, bytes] = [evictionTarget(this.#maxSessions), evictionTarget(this.#maxBytes)];
    const isBelowTarget = (): boolean => this.#entries.size <= size && this.#bytes <= bytes;
    const evict = (key: SessionKey): void => void (this.#drop(key) && this.#evicted++);
    const kept = this.#entries.get(fresh)!.principal === null ? 1 : 0;
    const noAnonymous = (): boolean => isBelowTarget() || this.#anonymous === kept;
    const all = { fresh, evict, uses: this.#uses };
    const anonymous = { ...all, count: this.#anonymous, onlyAnonymous: true, isDone: noAnonymous };
    evictUnused(this.#entries, anonymous);
    const isAlone = (): boolean => isBelowTarget() || this.#entries.size === 1;
    evictUnused(this.#entries, { ...all, count: this.#entries.size, onlyAnonymous: false, isDone: isAlone });
  }

  #drop(key: SessionKey): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    if (entry.principal === null) this.#anonymous--;
    else this.#principals.move(key, entry.principal, null);
    entry.clear();
    this.#entries.delete(key);
    if (this.#entries.size === 0) this.#expired.stop();
    return true;
  }
}
