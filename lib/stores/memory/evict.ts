import type { SessionKey } from '../../core/session-id.js';
import type { Entry } from './entry.js';

/** Rules of one eviction. */
interface Eviction {
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
function evictUnused(
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

/** What a store holds and may hold, while it makes room for a session. */
export interface Room {
  readonly entries: Map<SessionKey, Entry>;
  readonly maxSessions: number;
  readonly maxBytes: number;
  /** Size of all entries. Bytes. */
  readonly bytes: () => number;
  /** Number of sessions without a principal. */
  readonly anonymous: () => number;
  readonly evict: (key: SessionKey) => void;
}

/** Evicts some sessions more than needed, because a search is expensive; anonymous ones first. */
export function makeRoom(room: Room, fresh: SessionKey, uses: number): void {
  const { entries, bytes, anonymous, evict } = room;
  const [mostSessions, mostBytes] = [targetOf(room.maxSessions), targetOf(room.maxBytes)];
  const isBelowTarget = (): boolean => entries.size <= mostSessions && bytes() <= mostBytes;
  const kept = entries.get(fresh)!.principal === null ? 1 : 0;
  const noAnonymous = (): boolean => isBelowTarget() || anonymous() === kept;
  const all = { fresh, evict, uses };
  evictUnused(entries, { ...all, count: anonymous(), onlyAnonymous: true, isDone: noAnonymous });
  const isAlone = (): boolean => isBelowTarget() || entries.size === 1;
  evictUnused(entries, { ...all, count: entries.size, onlyAnonymous: false, isDone: isAlone });
}

/** The target of an eviction: below the limit, so that evictions are rare. */
const targetOf = (limit: number): number => limit - Math.floor(limit / 64);

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
