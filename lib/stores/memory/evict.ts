import type { SessionKey } from '../../core/session-key.js';
import type { Entry } from './entry.js';

/** Which sessions may be evicted, and until when. */
export interface Eviction {
  /** The session that needs the room. It stays. */
  readonly fresh: SessionKey;
  /** Leaves sessions with a principal alone. */
  readonly onlyAnonymous: boolean;
  readonly isDone: () => boolean;
  readonly evict: (key: SessionKey) => void;
}

/** Evicts what was not used since it was last looked at. What was used goes to the end, and is evicted there if need be. */
export function evictUnused(
  entries: Map<SessionKey, Entry>,
  { fresh, onlyAnonymous, isDone, evict }: Eviction,
): void {
  for (const [key, entry] of entries) {
    if (isDone()) return;
    if (onlyAnonymous && entry.principal !== null) continue;
    if (entry.isUsed || key === fresh) {
      entry.isUsed = false;
      entries.delete(key);
      entries.set(key, entry);
    } else evict(key);
  }
}
