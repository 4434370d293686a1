import { minutes } from '../core/durations.js';
import type { SessionRecord } from '../core/session-record.js';

/** How long sessions live, as far as this adapter must know it. Milliseconds. */
export interface ForeignLifetimes {
  readonly idleMs: number;
  /** How often a session is touched at most; `null` leaves it to the engine. */
  readonly touchEveryMs: number | null;
}

/** Where a session of ours keeps what express-session has no place for: when it began and when it was used last. */
export const STAMP = 'nest-session';

/**
 * A session that express-session made begins when it is first seen here. When it was used last only its store may
 * know: it is never taken for idle, and always due for a touch.
 */
export function readStamp(
  stamp: unknown,
  maxAge: unknown,
  { idleMs, touchEveryMs }: ForeignLifetimes,
): Pick<SessionRecord, 'createdAt' | 'touchedAt'> {
  const { createdAt, touchedAt } = (stamp ?? {}) as { createdAt?: unknown; touchedAt?: unknown };
  const now = Date.now();
  const isDueAfterMs =
    touchEveryMs ?? Math.min((typeof maxAge === 'number' ? maxAge : idleMs) / 10, minutes(1));
  const touched = typeof createdAt === 'number' && typeof touchedAt === 'number' ? touchedAt : 0;
  return {
    createdAt: typeof createdAt === 'number' ? createdAt : now,
    touchedAt: Math.max(touched, Math.floor(now - isDueAfterMs)),
  };
}
