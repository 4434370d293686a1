import type { SessionKey } from '../../core/session-key.js';
import { applyPatch, type SessionPatch, type SessionRecord } from '../../core/session-record.js';
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
  readonly record: SessionRecord;
  readonly bytes: number;
}

/**
 * Sessions in the memory of this process: for development, tests and tools. They end with the process and no other
 * process sees them.
 *
 * Bounded: when a limit is reached, the sessions that were used longest ago make room, and `evicted` counts them.
 */
export class MemorySessionStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  /** In the order of last use, so that the first is the one to let go. */
  readonly #entries = new Map<SessionKey, Entry>();
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
    this.#put(key, record);
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): Answer<'applied' | 'missing' | Conflict> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 'missing';
    const next = applyPatch(entry.record, patch);
    if (next === null) return { conflict: entry.record };
    this.#put(key, next);
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
    this.#drop(from);
    this.#put(to, record);
    return 'applied';
  }

  delete(key: SessionKey): Answer<'deleted' | 'missing'> {
    return this.#drop(key) ? 'deleted' : 'missing';
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    let count = 0;
    for (const [key, { record }] of this.#entries) {
      if (count >= limit) break;
      if (record.expiresAt <= before && this.#drop(key)) count++;
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

  #put(key: SessionKey, record: SessionRecord): void {
    const bytes = sizeOf(key, record);
    if (bytes > this.#maxBytes)
      throw new RangeError(
        `A session of ${bytes} bytes is larger than maxBytes ${this.#maxBytes} of the MemorySessionStore.`,
      );
    this.#drop(key);
    this.#entries.set(key, { record: { ...record, attributes: new Map(record.attributes) }, bytes });
    this.#bytes += bytes;
    if (record.principal !== null) this.#keysOf(record.principal).add(key);
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxSessions && this.#bytes <= this.#maxBytes) return;
      this.#drop(key);
      this.#evicted++;
    }
  }

  #drop(key: SessionKey): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    const { principal } = entry.record;
    if (principal !== null) {
      const keys = this.#keysOf(principal);
      keys.delete(key);
      if (keys.size === 0) this.#principals.delete(principal);
    }
    return this.#entries.delete(key);
  }

  #keysOf(principal: string): Set<SessionKey> {
    const keys = this.#principals.get(principal) ?? new Set();
    this.#principals.set(principal, keys);
    return keys;
  }
}

function sizeOf(key: SessionKey, { principal, attributes }: SessionRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(principal ?? '');
  for (const [name, text] of attributes) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}

function positive(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `The option ${option} of the MemorySessionStore must be a positive whole number, got ${value}.`,
  );
}
