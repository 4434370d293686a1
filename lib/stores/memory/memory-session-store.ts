import { Entry } from './entry.js';
import { ExpiredKeys } from './expired-keys.js';
import { positive, roomierThan } from './limits.js';
import { NameLists } from './name-lists.js';
import { PrincipalKeys } from './principal-keys.js';
import { RecentEntries } from './recent-entries.js';
import { growthOf, sizeOf } from './record-size.js';
import { newestFirst } from '../../core/newest-first.js';
import type { SessionKey } from '../../core/session-key.js';
import type { SessionPatch, SessionRecord } from '../../core/session-record.js';
import {
  type Answer,
  type Conflict,
  type ExpirySweeper,
  type FiledSession,
  type PrincipalIndex,
  SessionStore,
} from '../../core/session-store.js';

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
 * Bounded: when a limit is reached, sessions that were not used for long make room, and `evicted` counts them.
 */
export class MemorySessionStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  readonly #entries = new Map<SessionKey, Entry>();
  readonly #expired = new ExpiredKeys(this.#entries);
  readonly #principals = new PrincipalKeys();
  readonly #lists = new NameLists();
  readonly #recent = new RecentEntries();
  readonly #maxSessions: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #evicted = 0;

  /** @throws RangeError when a limit is not a positive whole number. */
  constructor({ maxSessions = 100_000, maxBytes = 64 * 1024 * 1024 }: MemoryStoreOptions = {}) {
    super();
    this.#maxSessions = positive('maxSessions', maxSessions);
    this.#maxBytes = positive('maxBytes', maxBytes);
  }

  /** Sessions held now, expired ones that were not swept yet included. */
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

  load(key: SessionKey): Answer<SessionRecord | null> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#recent.add(entry);
    return entry.record();
  }

  create(key: SessionKey, record: SessionRecord): Answer<'created' | 'collision'> {
    if (this.#entries.has(key)) return 'collision';
    this.#put(key, new Entry(record, sizeOf(key, record), this.#lists));
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Answer<'applied' | 'missing' | Conflict> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 'missing';
    if (!entry.agreesWith(patch)) return { conflict: entry.record() };
    const growth = growthOf(patch);
    this.#check(entry.bytes + growth);
    this.#principals.move(key, entry.principal, patch.principal.to);
    entry.apply(patch, this.#lists);
    entry.bytes += growth;
    entry.isUsed = true;
    this.#bytes += growth;
    if (growth > 0) this.#makeRoomFor(key);
    return 'applied';
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Answer<'applied' | 'missing' | 'collision' | Conflict> {
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

  delete(key: SessionKey): Answer<'deleted' | 'missing'> {
    return this.#drop(key) ? 'deleted' : 'missing';
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    const count = this.#dropExpired(before, limit);
    if (count === limit) return count;
    await this.#expired.find(before);
    return count + this.#dropExpired(before, limit - count);
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<FiledSession[]> {
    const filed = this.#principals
      .of(principal)
      .map((key) => ({ key, record: this.#entries.get(key)!.record() }));
    return newestFirst(filed, at).slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const keys = this.#principals.of(principal).filter((key) => key !== keep);
    return keys.filter((key) => this.#drop(key)).length;
  }

  #put(key: SessionKey, entry: Entry): void {
    this.#check(entry.bytes);
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    this.#principals.move(key, null, entry.principal);
    this.#makeRoomFor(key);
  }

  #check(bytes: number): void {
    if (bytes <= this.#maxBytes) return;
    throw new RangeError(
      `A session of ${bytes} bytes is larger than maxBytes ${this.#maxBytes} of the MemorySessionStore.`,
    );
  }

  /**
   * Lets go of what was not used since it was last looked at, never of the session that needs the room; of some more than it
   * must, since each search from the start has to pass what is gone.
   */
  #makeRoomFor(fresh: SessionKey): void {
    if (this.#entries.size <= this.#maxSessions && this.#bytes <= this.#maxBytes) return;
    const [size, bytes] = [roomierThan(this.#maxSessions), roomierThan(this.#maxBytes)];
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= size && this.#bytes <= bytes) return;
      if (entry.isUsed || key === fresh) {
        entry.isUsed = false;
        this.#entries.delete(key);
        this.#entries.set(key, entry);
        if (key === fresh && this.#entries.size === 1) return;
      } else if (this.#drop(key)) this.#evicted++;
    }
  }

  #drop(key: SessionKey): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    this.#principals.move(key, entry.principal, null);
    entry.forget();
    return this.#entries.delete(key);
  }

  #dropExpired(before: number, limit: number): number {
    let count = 0;
    for (let key; count < limit && (key = this.#expired.next(before)) !== null; count++) this.#drop(key);
    return count;
  }
}
