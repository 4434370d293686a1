import type { SessionKey } from '../../core/session-id.js';
import type { Entry } from './entry.js';

/** Rules of one eviction. */
export interface Eviction {
  /** The session that needs the space. It is not evicted. */
  readonly fresh: SessionKey;
  /** Whether to evict only sessions without a principal. */
  readonly onlyAnonymous: boolean;
  /** Number of sessions that may be evicted. */
  readonly count: number;
  /** The store's use counter. */
  readonly uses: number;
  readonly isDone: () => boolean;
  readonly evict: (key: SessionKey) => void;
}

/**
 * Part of the sessions that are protected, those used most recently. With n sessions the last 7/8 n uses
 * protect their session, so at least one eighth of the sessions may be evicted. If that frees too little, the
 * number of uses is halved.
 */
const PROTECTED = 7 / 8;

/** Evicts sessions that were not used recently. Recently used sessions move to the end of the map. */
export function evictUnused(
  entries: Map<SessionKey, Entry>,
  { fresh, onlyAnonymous, count, uses, isDone, evict }: Eviction,
): void {
  for (let recent = Math.floor(count * PROTECTED); ; recent >>= 1) {
    let left = entries.size;
    for (const [key, entry] of entries) {
      if (isDone()) return;
      if (left-- === 0) break;
      if (onlyAnonymous && entry.principal !== null) continue;
      if (entry.usedAt > uses - recent || key === fresh) {
        entries.delete(key);
        entries.set(key, entry);
      } else evict(key);
    }
    if (recent === 0) return;
  }
}

/** Number of entries that are kept unpacked, because the requests of one visitor arrive close together. */
const CAPACITY = 1000;

/** The most recently read entries. Only they are kept unpacked. */
export class RecentEntries {
  readonly #ring: Entry[] = [];
  #next = 0;

  /** Adds an entry that is read now, and packs the oldest one. */
  add(entry: Entry): void {
    if (!entry.unpack()) return;
    this.#ring[this.#next]?.repack();
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % CAPACITY;
  }
}
