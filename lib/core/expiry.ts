import { minutes } from './durations.js';
import { NEVER, type SessionRecord } from './session-record.js';

/** How long sessions live, resolved. Milliseconds; `Infinity` where there is no limit. */
export interface Lifetimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** How often at most a request without changes moves the idle expiry; `null` picks it from the idle timeout. */
  readonly touchEveryMs: number | null;
}

/** The instant at which a session used now is over: the earlier of idle and absolute, in whole milliseconds. */
export function expiryAt(now: number, createdAt: number, idleMs: number, absoluteMs: number): number {
  return Math.floor(Math.min(now + idleMs, createdAt + absoluteMs, NEVER));
}

/**
 * Whether a session is over. The limits are asked again here, so that shorter ones reach living sessions.
 *
 * @see OWASP ASVS 5.0, 7.3.1 and 7.3.2; requirements S-34, S-35
 */
export function isExpired(
  record: SessionRecord,
  absoluteMs: number,
  now: number,
  idleMs: number = Number.POSITIVE_INFINITY,
): boolean {
  return now >= Math.min(record.expiresAt, record.createdAt + absoluteMs, record.touchedAt + idleMs);
}

/** Whether it is time to move the idle expiry. By default a tenth of the idle timeout, at most a minute. */
export function isTouchDue(
  record: SessionRecord,
  idleMs: number,
  touchEveryMs: number | null,
  now: number,
): boolean {
  return now - record.touchedAt >= (touchEveryMs ?? Math.min(idleMs / 10, minutes(1)));
}
