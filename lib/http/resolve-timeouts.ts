import type { CookieOptions } from '../cookie/cookie-options.js';
import { isOneOf, type Check } from '../cookie/option-checks.js';
import { days, hours } from '../core/util/clock.js';
import { describeValue } from '../core/util/describe-value.js';
import { configError } from './check-options.js';
import type { SessionTimeouts } from './session-timeouts.js';
import { checkProfile, NO_PROFILE, PROFILES } from './timeout-profiles.js';

const isFiniteDuration = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isDuration = (value: unknown): boolean => value === Infinity || isFiniteDuration(value);

const DURATION: Check = [isDuration, 'a positive number of milliseconds such as minutes(30), or Infinity'];

/** Checks of the single timeouts. Combinations are checked by {@link resolveTimeouts}. */
export const TIMEOUT_CHECKS: Record<keyof SessionTimeouts, Check> = {
  profile: [isOneOf('aal1', 'aal2', 'aal3'), '"aal1", "aal2" or "aal3"', describeValue],
  deviation: [
    (value) => typeof value === 'string' && value.trim() !== '',
    'a text that states the reason for values looser than the profile',
  ],
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
  checkProfile(timeouts, cookie);
  const { profile = null, deviation = null } = timeouts;
  const limits = profile === null ? NO_PROFILE : PROFILES[profile];
  const absoluteMs = timeouts.absolute ?? Math.min(days(30), limits.absoluteMs);
  const idleMs = timeouts.idle ?? cookie.maxAge ?? Math.min(hours(24), limits.idleMs, absoluteMs);
  const mostIdleMs = Math.max(limits.idleMs, idleMs);
  const cookieLeads = timeouts.idle === undefined;
  const touchEveryMs = timeouts.touchEvery ?? null;
  const source = profile === null ? '30 days, the default' : `of the profile "${profile}"`;
  const limit = timeouts.absolute === undefined ? `${absoluteMs} (${source})` : String(absoluteMs);
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
  return { idleMs, cookieLeads, absoluteMs, touchEveryMs, mostIdleMs, profile, deviation };
}
