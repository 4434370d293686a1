import type { SessionKey } from '../../core/session-id.js';
import type { Entry } from './entry.js';

/** Which sessions may be evicted, and until when. */
export interface Eviction {
  /** The session that needs the room. It stays. */
  readonly fresh: SessionKey;
  /** Leaves sessions with a principal alone. */
  readonly onlyAnonymous: boolean;
  /** How many sessions may be evicted. */
  readonly count: number;
  /** How often sessions of the store were used. */
  readonly uses: number;
  readonly isDone: () => boolean;
  readonly evict: (key: SessionKey) => void;
}

/**
 * Sessions of the last uses are not evicted: this part of as many uses as there are sessions. At least an eighth of the
 * sessions was used before that. Where evicting these frees too little, the number of uses is halved.
 */
const SPARED = 7 / 8;

/** Evicts sessions that were not used lately. Sessions that were move to the end of the map. */
export function evictUnused(
  entries: Map<SessionKey, Entry>,
  { fresh, onlyAnonymous, count, uses, isDone, evict }: Eviction,
): void {
  for (let recent = Math.floor(count * SPARED); ; recent >>= 1) {
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

/** A visitor's requests come close together, and of so many sessions the texts lie ready for the next one. */
const MOST = 1000;

/** The entries that were read last: only they are kept unpacked. */
export class RecentEntries {
  readonly #ring: Entry[] = [];
  #next = 0;

  /** The entry is read now; that one is let go of which came in longest ago. */
  add(entry: Entry): void {
    if (entry.isUnpacked) return;
    this.#ring[this.#next]?.repack();
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % MOST;
    entry.unpack();
  }
}
