import type { CookieOptions } from '../cookie/cookie-options.js';
import { days, hours, minutes } from '../core/util/clock.js';
import { configError } from './check-options.js';
import type { SessionTimeouts, TimeoutProfile } from './session-timeouts.js';

/** The limits of a profile. Milliseconds; `Infinity` for no limit. */
interface ProfileLimits {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly section: string;
}

/**
 * The limits of the profiles.
 * @see NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3
 */
export const PROFILES: Readonly<Record<TimeoutProfile, ProfileLimits>> = {
  aal1: { idleMs: Infinity, absoluteMs: days(30), section: '2.1.3' },
  aal2: { idleMs: hours(1), absoluteMs: hours(24), section: '2.2.3' },
  aal3: { idleMs: minutes(15), absoluteMs: hours(12), section: '2.3.3' },
};

/** The limits of an application without a profile. */
export const NO_PROFILE = { idleMs: Infinity, absoluteMs: Infinity } as const;

/**
 * Refuses values that are looser than the profile, unless the option `deviation` states a reason. A constant
 * `cookie.maxAge` counts where it is the idle timeout.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` that names the value, the limit and the fix.
 */
export function checkProfile(timeouts: SessionTimeouts, { maxAge }: CookieOptions): void {
  const { profile, deviation, idle, absolute } = timeouts;
  if (profile === undefined && deviation !== undefined) {
    throw configError(
      'timeouts.deviation is the reason for values looser than a profile, and timeouts.profile is not set. Set it, or remove deviation.',
    );
  }
  if (profile === undefined || deviation !== undefined) return;
  const limits = PROFILES[profile];
  const check = (name: string, value: number | null | undefined, limitMs: number): void => {
    if (value != null && value > limitMs) throw looserError(profile, { name, value, limitMs });
  };
  check('timeouts.absolute', absolute, limits.absoluteMs);
  check('timeouts.idle', idle, limits.idleMs);
  check('cookie.maxAge', maxAge, idle === undefined ? limits.idleMs : Infinity);
  check('cookie.maxAge', maxAge, limits.absoluteMs);
}

function looserError(
  profile: TimeoutProfile,
  { name, value, limitMs }: { name: string; value: number; limitMs: number },
) {
  return configError(
    `${name} ${value} is longer than the ${limitMs} (${durationText(limitMs)}) of timeouts.profile "${profile}" (NIST SP 800-63B-4, section ${PROFILES[profile].section}). Shorten it, or state the reason in timeouts.deviation.`,
  );
}

/** A duration in words, such as `24 hours`. */
export function durationText(ms: number): string {
  const units = [
    ['day', days(1)],
    ['hour', hours(1)],
    ['minute', minutes(1)],
  ] as const;
  // 24 hours are not shown as 1 day, as in the standard.
  for (const [unit, unitMs] of units)
    if (ms % unitMs === 0 && ms / unitMs > (unit === 'day' ? 1 : 0))
      return `${ms / unitMs} ${unit}${ms === unitMs ? '' : 's'}`;
  return `${ms} milliseconds`;
}
