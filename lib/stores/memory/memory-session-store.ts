import { Entry, growthOf, positive, roomierThan, sizeOf } from './entry.js';
import { evictUnused, RecentEntries } from './evict.js';
import { ExpiredSessions } from './expired-sessions.js';
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

/** Where a {@link MemorySessionStore} ends. */
export interface MemoryStoreOptions {
  /**
   * Most sessions kept at once.
   * @defaultValue `100_000`
   */
  readonly maxSessions?: number;
  /**
   * Most bytes of keys and attributes kept at once.
   * @defaultValue 64 MiB
   */
  readonly maxBytes?: number;
}

/**
 * Sessions in the memory of this process: for development, tests and tools. They end with the process and no other
 * process sees them.
 *
 * Bounded: when a limit is reached, sessions without a principal are evicted first, and of these the ones that were not
 * used for long; `evicted` counts them. Expired sessions are freed within a second.
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
  /** Sessions without a principal. */
  #anonymous = 0;

  /** @throws RangeError when a limit is not a positive whole number. */
  constructor({ maxSessions = 100_000, maxBytes = 64 * 1024 * 1024 }: MemoryStoreOptions = {}) {
    super();
    this.#maxSessions = positive('maxSessions', maxSessions);
    this.#maxBytes = positive('maxBytes', maxBytes);
  }

  /** Sessions held now, expired ones of the last second included. */
  get size(): number {
    return this.#entries.size;
  }
  /** Bytes of keys and attributes held now. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Sessions that had to make room since the start. More than none means that a limit is too low. */
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
    this.#put(key, new Entry(record, sizeOf(key, record), this.#lists));
    this.#expired.noteTime(record.touchedAt);
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Awaitable<'applied' | 'missing' | Conflict> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 'missing';
    if (!entry.agreesWith(patch)) return { conflict: entry.record() };
    const growth = growthOf(patch);
    this.#check(entry.bytes + growth);
    this.#file(key, entry.principal, patch.principal.to);
    const { expiresAt } = entry;
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
    this.#check(next.bytes);
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
    const filed = this.#principals
      .of(principal)
      .map((key) => ({ key, record: this.#entries.get(key)!.record() }));
    return byNewest(filed, at).slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const keys = this.#principals.of(principal).filter((key) => key !== keep);
    return keys.filter((key) => this.#drop(key)).length;
  }

  #put(key: SessionKey, entry: Entry): void {
    this.#check(entry.bytes);
    entry.usedAt = ++this.#uses;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    if (entry.principal === null) this.#anonymous++;
    else this.#principals.move(key, null, entry.principal);
    this.#expired.add(key, entry);
    this.#makeRoomFor(key);
  }

  /** Files a session under another principal than before. */
  #file(key: SessionKey, former: string | null, principal: string | null): void {
    if (former === principal) return;
    this.#anonymous += Number(principal === null) - Number(former === null);
    this.#principals.move(key, former, principal);
  }

  #check(bytes: number): void {
    if (bytes <= this.#maxBytes) return;
    throw new RangeError(
      `A session of ${bytes} bytes is larger than maxBytes ${this.#maxBytes} of the MemorySessionStore.`,
    );
  }

  /** Evicts sessions without a principal first. Some more than it must: each search passes those that stay. */
  #makeRoomFor(fresh: SessionKey): void {
    if (this.#entries.size <= this.#maxSessions && this.#bytes <= this.#maxBytes) return;
    const [size, bytes] = [roomierThan(this.#maxSessions), roomierThan(this.#maxBytes)];
    const isRoomy = (): boolean => this.#entries.size <= size && this.#bytes <= bytes;
    const evict = (key: SessionKey): void => void (this.#drop(key) && this.#evicted++);
    const spared = this.#entries.get(fresh)!.principal === null ? 1 : 0;
    const noAnonymous = (): boolean => isRoomy() || this.#anonymous === spared;
    const all = { fresh, evict, uses: this.#uses };
    const anonymous = { ...all, count: this.#anonymous, onlyAnonymous: true, isDone: noAnonymous };
    evictUnused(this.#entries, anonymous);
    const isAlone = (): boolean => isRoomy() || this.#entries.size === 1;
    evictUnused(this.#entries, { ...all, count: this.#entries.size, onlyAnonymous: false, isDone: isAlone });
  }

  #drop(key: SessionKey): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    if (entry.principal === null) this.#anonymous--;
    else this.#principals.move(key, entry.principal, null);
    entry.forget();
    this.#entries.delete(key);
    if (this.#entries.size === 0) this.#expired.stop();
    return true;
  }
}
