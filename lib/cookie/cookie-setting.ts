import { describeValue } from '../core/util/describe-value.js';
import { SessionError } from '../core/errors.js';
import { fitsCookieAttribute, LONGEST_COOKIE_MS } from './check-cookie-options.js';

/** What one session may set for itself; everything else follows the options, also in sessions that live already. */
export const OWN_SETTINGS = [
  'originalMaxAge',
  'path',
  'domain',
  'httpOnly',
  'secure',
  'sameSite',
  'priority',
  'partitioned',
] as const;

/** The name of one of them. */
export type OwnSetting = (typeof OWN_SETTINGS)[number];

/** A cookie that is over long ago is allowed, as long as its end fits a Date. */
const SHORTEST_MS = -8_640_000_000_000_000;

/** What is allowed, for the error. `'auto'` belongs to the options: a session has the value that it stands for. */
const ALLOWED: Record<OwnSetting, string> = {
  originalMaxAge: 'null or a number of milliseconds up to 400 days, such as days(30)',
  path: 'a path that begins with "/" and holds no ";" or "<"',
  domain: 'undefined or a host name such as "example.com", without scheme or port',
  httpOnly: 'true or false',
  secure: 'true or false',
  sameSite: '"lax", "strict", "none", true (strict) or false (left out)',
  priority: 'undefined, "low", "medium" or "high"',
  partitioned: 'true or false',
};

/** Whether a cookie with this setting can be sent. An absent setting is left out of the cookie. */
export function fitsSetting(name: OwnSetting, value: unknown): boolean {
  if (name === 'originalMaxAge') return value === null || isLifetime(value);
  return value !== 'auto' && fitsCookieAttribute(name, value);
}

function isLifetime(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) <= LONGEST_COOKIE_MS && Number(value) >= SHORTEST_MS;
}

/**
 * A value that was assigned to a setting of `session.cookie`, before anything is stored of it.
 *
 * @throws SessionError `ERR_SESSION_VALUE` that names the setting and what is allowed.
 */
export function checkedSetting<T>(name: OwnSetting, value: T): T {
  if (fitsSetting(name, value)) return value;
  throw settingError(name === 'originalMaxAge' ? 'maxAge' : name, ALLOWED[name], value);
}

/**
 * The instant that was assigned to `session.cookie.expires`.
 *
 * @throws SessionError `ERR_SESSION_VALUE`
 */
export function checkedInstant(value: unknown, now: number): number {
  const instant = value instanceof Date ? value.getTime() : Number.NaN;
  if (instant <= now + LONGEST_COOKIE_MS) return instant;
  throw settingError('expires', 'a valid Date within the next 400 days, null or false', value);
}

function settingError(name: string, allowed: string, came: unknown): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `session.cookie.${name} must be ${allowed}, got ${describeValue(came)}. The setting stays as it was.`,
  );
}
