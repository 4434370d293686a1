import { NEVER, type SessionRecord } from '../store/session-record.js';
import { minutes } from '../util/clock.js';
import { COOKIE } from './attribute-name.js';
import type { CookiePlan, SessionCookieFactory } from './session-cookie.js';

const LONGEST_TOUCH_INTERVAL_MS = minutes(1);

/** The resolved timeouts. Milliseconds; `Infinity` for no limit. */
export interface Lifetimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** Shortest time between two touches; `null` to derive it from the idle timeout. */
  readonly touchEveryMs: number | null;
}

/** When a session that is used now expires, by idle or absolute timeout. Whole epoch milliseconds. */
export function expiryAt(now: number, createdAt: number, idleMs: number, absoluteMs: number): number {
  return Math.floor(Math.min(now + idleMs, createdAt + absoluteMs, NEVER));
}

/** Whether it is time to move the idle expiry. By default a tenth of the idle timeout, at most a minute. */
export function isTouchDue(
  record: SessionRecord,
  idleMs: number,
  touchEveryMs: number | null,
  now: number,
): boolean {
  return now - record.touchedAt >= (touchEveryMs ?? Math.min(idleMs / 10, LONGEST_TOUCH_INTERVAL_MS));
}

/** How long a session may stay unused after a use at this instant. Milliseconds. */
export function idleMsAt(usedAt: number, plan: CookiePlan, { idleMs }: Lifetimes): number {
  return plan.endsAt === null ? (plan.lifetimeMs ?? idleMs) : plan.endsAt - usedAt;
}

/** How long a record may stay unused: by the options, or by its own cookie settings. Milliseconds. */
function recordIdleMs(record: SessionRecord, cookies: SessionCookieFactory, lifetimes: Lifetimes): number {
  const { attributes, touchedAt } = record;
  const settings = attributes.get(COOKIE);
  const plan = settings === undefined ? cookies.plan : cookies.planOf(cookies.make(settings, touchedAt));
  return idleMsAt(touchedAt, plan, lifetimes);
}

/**
 * Whether a record has expired, also by its own cookie settings. The present limits count too, so that
 * shorter ones apply to existing sessions.
 *
 * @see OWASP ASVS 5.0, 7.3.1 and 7.3.2; requirements S-34, S-35
 */
export function isRecordExpired(
  record: SessionRecord,
  lifetimes: Lifetimes,
  cookies: SessionCookieFactory,
  now: number,
): boolean {
  const { expiresAt, createdAt, touchedAt } = record;
  const idleMs = recordIdleMs(record, cookies, lifetimes);
  return now >= Math.min(expiresAt, createdAt + lifetimes.absoluteMs, touchedAt + idleMs);
}

/** Whether a record must be touched although the request has not read the session. */
export function isRecordTouchDue(
  record: SessionRecord,
  lifetimes: Lifetimes,
  cookies: SessionCookieFactory,
  now: number,
): boolean {
  return isTouchDue(record, recordIdleMs(record, cookies, lifetimes), lifetimes.touchEveryMs, now);
}
