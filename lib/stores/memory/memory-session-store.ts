import { positive, roomierThan } from './limits.js';
import { copyOf, growthOf, sizeOf } from './stored-record.js';
import type { SessionKey } from '../../core/session-key.js';
import { applyPatch, NEVER, type SessionPatch, type SessionRecord } from '../../core/session-record.js';
import {
  type Answer,
  type Conflict,
  type ExpirySweeper,
  type FiledSession,
  type PrincipalIndex,
  SessionStore,
} from '../../core/session-store.js';
import { newestFirst } from '../../core/newest-first.js';

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

interface Entry {
  record: SessionRecord;
  bytes: number;
  /** Used since it was last looked at for making room. */
  isUsed: boolean;
}

/**
 * Sessions in the memory of this process: for development, tests and tools. They end with the process and no other
 * process sees them.
 *
 * Bounded: when a limit is reached, sessions that were not used for long make room, and `evicted` counts them.
 */
export class MemorySessionStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  readonly #entries = new Map<SessionKey, Entry>();
  /** Keys of sessions that were over when a sweep began. */
  #over: SessionKey[] = [];
  readonly #principals = new Map<string, Set<SessionKey>>();
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
    return this.#entries.get(key)?.record ?? null;
  }

  create(key: SessionKey, record: SessionRecord): Answer<'created' | 'collision'> {
    if (this.#entries.has(key)) return 'collision';
    this.#put(key, copyOf(record), sizeOf(key, record));
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Answer<'applied' | 'missing' | Conflict> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 'missing';
    const next = applyPatch(entry.record, patch);
    if (next === null) return { conflict: entry.record };
    this.#replace(key, entry, next, growthOf(entry.record, patch));
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
    if (revision !== null && entry.record.revision !== revision) return { conflict: entry.record };
    if (this.#entries.has(to)) return 'collision';
    const bytes = sizeOf(to, record);
    this.#check(bytes);
    this.#drop(from);
    this.#put(to, copyOf(record), bytes);
    return 'applied';
  }

  delete(key: SessionKey): Answer<'deleted' | 'missing'> {
    return this.#drop(key) ? 'deleted' : 'missing';
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    let count = 0;
    for (let hasLooked = false; count < limit;) {
      const key = this.#over.pop();
      if (key !== undefined) {
        if ((this.#entries.get(key)?.record.expiresAt ?? NEVER) <= before && this.#drop(key)) count++;
      } else if (hasLooked) break;
      else {
        hasLooked = true;
        for (const [one, { record }] of this.#entries) if (record.expiresAt <= before) this.#over.push(one);
      }
    }
    return count;
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<FiledSession[]> {
    const keys = this.#principals.get(principal) ?? [];
    const filed = [...keys].map((key) => ({ key, record: this.#entries.get(key)!.record }));
    return newestFirst(filed, at).slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const keys = [...(this.#principals.get(principal) ?? [])].filter((key) => key !== keep);
    return keys.filter((key) => this.#drop(key)).length;
  }

  #put(key: SessionKey, record: SessionRecord, bytes: number): void {
    this.#check(bytes);
    this.#entries.set(key, { record, bytes, isUsed: false });
    this.#bytes += bytes;
    this.#index(key, null, record.principal);
    this.#makeRoomFor(key);
  }

  #replace(key: SessionKey, entry: Entry, record: SessionRecord, growth: number): void {
    this.#check(entry.bytes + growth);
    this.#index(key, entry.record.principal, record.principal);
    entry.record = record;
    entry.bytes += growth;
    entry.isUsed = true;
    this.#bytes += growth;
    if (growth > 0) this.#makeRoomFor(key);
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
    this.#index(key, entry.record.principal, null);
    return this.#entries.delete(key);
  }

  #index(key: SessionKey, former: string | null, principal: string | null): void {
    if (former === principal) return;
    if (former !== null) {
      const keys = this.#principals.get(former)!;
      keys.delete(key);
      if (keys.size === 0) this.#principals.delete(former);
    }
    if (principal === null) return;
    const keys = this.#principals.get(principal) ?? new Set();
    this.#principals.set(principal, keys.add(key));
  }
}
