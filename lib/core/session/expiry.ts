import { NEVER, type SessionRecord } from '../store/session-record.js';
import { minutes } from '../util/clock.js';
import { COOKIE } from './attribute-name.js';
import { LIFETIME, readLifetime } from './own-attributes.js';
import type { CookiePlan, SessionCookieFactory } from './session-cookie.js';

const LONGEST_TOUCH_INTERVAL_MS = minutes(1);

/** The resolved timeouts. Milliseconds; `Infinity` for no limit. */
export interface Lifetimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** Shortest time between two touches; `null` to derive it from the idle timeout. */
  readonly touchEveryMs: number | null;
  /** Longest idle timeout of any session, whichever timeout it or its cookie has set; absent for no limit. */
  readonly mostIdleMs?: number;
  /** The idle timeout that the session has set, in place of that of its cookie and of `idleMs`. */
  readonly ownIdleMs?: number;
}

/** The timeouts of one session. `lifetime` is the text of its own ones; no text for none. */
export function lifetimesOf(lifetimes: Lifetimes, lifetime: string | null | undefined): Lifetimes {
  if (lifetime === null || lifetime === undefined) return lifetimes;
  const { idle, absolute = Infinity } = readLifetime(lifetime);
  const absoluteMs = Math.min(absolute, lifetimes.absoluteMs);
  return idle === undefined ? { ...lifetimes, absoluteMs } : { ...lifetimes, absoluteMs, ownIdleMs: idle };
}

/** When a session that is used now expires, by idle or absolute timeout. Whole epoch milliseconds. */
export function expiryAt(now: number, createdAt: number, idleMs: number, absoluteMs: number): number {
  return Math.floor(Math.min(now + idleMs, createdAt + absoluteMs, NEVER));
}

/**
 * Whether it is time to move the idle expiry. The interval is that of the option, by default a minute. By
 * default, or where the session has a shorter timeout than the options, it is at most a tenth of that
 * timeout.
 */
export function isTouchDue(
  record: SessionRecord,
  idleMs: number,
  { idleMs: usualMs, touchEveryMs }: Pick<Lifetimes, 'idleMs' | 'touchEveryMs'>,
  now: number,
): boolean {
  // A session in use must be touched several times before it would expire.
  const mostMs = touchEveryMs !== null && idleMs >= usualMs ? Infinity : idleMs / 10;
  return now - record.touchedAt >= Math.min(touchEveryMs ?? LONGEST_TOUCH_INTERVAL_MS, mostMs);
}

/** How long a session may stay unused after a use at this instant. Milliseconds. */
export function idleMsAt(usedAt: number, plan: CookiePlan, lifetimes: Lifetimes): number {
  const { idleMs, ownIdleMs, mostIdleMs = Infinity } = lifetimes;
  const wantedMs = ownIdleMs ?? plan.lifetimeMs ?? idleMs;
  if (plan.endsAt === null) return Math.min(wantedMs, mostIdleMs);
  return Math.min(plan.endsAt - usedAt, ownIdleMs ?? Infinity, mostIdleMs);
}

/** How long a record may stay unused: by the options, or by its own settings. Milliseconds. */
function recordIdleMs(
  { attributes, touchedAt }: SessionRecord,
  cookies: SessionCookieFactory,
  lifetimes: Lifetimes,
  usedAt = touchedAt,
): number {
  const settings = attributes.get(COOKIE);
  const plan = settings === undefined ? cookies.plan : cookies.planOf(cookies.make(settings, usedAt));
  return idleMsAt(usedAt, plan, lifetimes);
}

/** When a record that is used now expires. Epoch milliseconds. */
export function recordExpiryAt(
  record: SessionRecord,
  lifetimes: Lifetimes,
  cookies: SessionCookieFactory,
  now: number,
): number {
  const own = recordLifetimes(record, lifetimes);
  return expiryAt(now, record.createdAt, recordIdleMs(record, cookies, own, now), own.absoluteMs);
}

/**
 * Whether a record has expired, also by its own settings. The present limits count too, so that
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
  const lifetime = record.attributes.get(LIFETIME);
  const own = lifetime === undefined ? lifetimes : lifetimesOf(lifetimes, lifetime);
  const idleMs = recordIdleMs(record, cookies, own);
  return now >= Math.min(expiresAt, createdAt + own.absoluteMs, touchedAt + idleMs);
}

/** The timeouts of a record. */
export function recordLifetimes({ attributes }: SessionRecord, lifetimes: Lifetimes): Lifetimes {
  return lifetimesOf(lifetimes, attributes.get(LIFETIME));
}

/** Whether a record must be touched although the request has not read the session. */
export function isRecordTouchDue(
  record: SessionRecord,
  lifetimes: Lifetimes,
  cookies: SessionCookieFactory,
  now: number,
): boolean {
  const own = recordLifetimes(record, lifetimes);
  return isTouchDue(record, recordIdleMs(record, cookies, own), own, now);
}
