import type { PrincipalLimit, StoredSession } from './session-store.js';

/**
 * The sessions that must go so that a principal can have one more: empty if it has fewer than the limit.
 * `'limit'` if the limit is reached and rejects. `live` are its other sessions, in any order. Two sessions of
 * the same instant are ordered by their keys, so that all servers choose the same one.
 */
export function victimsOf(
  live: readonly StoredSession[],
  { most, whenReached }: PrincipalLimit,
): readonly StoredSession[] | 'limit' {
  if (live.length < most) return [];
  if (whenReached === 'reject') return 'limit';
  const instant = whenReached === 'evict-oldest' ? 'createdAt' : 'touchedAt';
  return [...live]
    .sort(
      (one, other) =>
        one.record[instant] - other.record[instant] ||
        (one.key < other.key ? -1 : Number(one.key > other.key)),
    )
    .slice(0, live.length - most + 1);
}
