import type { CookieOptions } from '../cookie/cookie-options.js';
import type { Check } from '../cookie/option-checks.js';
import { days, hours } from '../core/util/clock.js';
import { configError } from './check-options.js';
import type { SessionTimeouts } from './session-timeouts.js';

const isFiniteDuration = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isDuration = (value: unknown): boolean => value === Infinity || isFiniteDuration(value);

const DURATION: Check = [isDuration, 'a positive number of milliseconds such as minutes(30), or Infinity'];

/** Checks of the single timeouts. Combinations are checked by {@link resolveTimeouts}. */
export const TIMEOUT_CHECKS: Record<keyof SessionTimeouts, Check> = {
  idle: DURATION,
  absolute: DURATION,
  touchEvery: [isFiniteDuration, 'a positive whole number of milliseconds, such as minutes(1)'],
};

/**
 * Checks the timeouts together, also with a constant `cookie.maxAge`, and fills in the defaults.
 *
 * @throws SessionError `ERR_SESSION_CONFIG`. The message names the option, the value and the fix.
 */
export function resolveTimeouts(timeouts: SessionTimeouts, cookie: CookieOptions) {
  const absoluteMs = timeouts.absolute ?? days(30);
  const idleMs = timeouts.idle ?? cookie.maxAge ?? Math.min(hours(24), absoluteMs);
  const cookieLeads = timeouts.idle === undefined;
  const touchEveryMs = timeouts.touchEvery ?? null;
  const limit = timeouts.absolute === undefined ? `${absoluteMs} (30 days, the default)` : String(absoluteMs);
  if (cookie.maxAge != null && cookie.maxAge > absoluteMs) {
    throw configError(
      `cookie.maxAge ${cookie.maxAge} is longer than timeouts.absolute ${limit}: the session would end first. Set timeouts.absolute to at least cookie.maxAge.`,
    );
  }
  if (timeouts.idle !== undefined && timeouts.idle !== Infinity && idleMs > absoluteMs) {
    throw configError(
      `timeouts.idle ${idleMs} is longer than timeouts.absolute ${limit}: it could never be reached. Shorten idle or lengthen absolute.`,
    );
  }
  if (touchEveryMs !== null && touchEveryMs >= idleMs) {
    throw configError(
      `timeouts.touchEvery ${touchEveryMs} must be shorter than the idle timeout ${idleMs}: sessions in use would expire. A tenth of it is a good choice.`,
    );
  }
  return { idleMs, cookieLeads, absoluteMs, touchEveryMs };
}
