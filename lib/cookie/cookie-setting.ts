import { describeValue } from '../core/util/describe-value.js';
import { SessionError } from '../core/errors.js';
import { fitsCookieAttribute, LONGEST_COOKIE_MS } from './check-cookie-options.js';

/** The attributes that one session can change for itself. The options apply to all others. */
export const OWN_ATTRIBUTES = [
  'path',
  'domain',
  'httpOnly',
  'secure',
  'sameSite',
  'priority',
  'partitioned',
] as const;

/** All settings that one session can change for itself. */
export const OWN_SETTINGS = ['originalMaxAge', ...OWN_ATTRIBUTES] as const;

/** Name of a setting of one session. */
export type OwnSetting = (typeof OWN_SETTINGS)[number];

/** Lowest lifetime: an expired cookie is allowed, if its end fits a Date. */
const SHORTEST_MS = -8_640_000_000_000_000;

/** The allowed values, for the error. Only options can have `'auto'`: a session has the resolved value. */
const ALLOWED: Record<OwnSetting, string> = {
  originalMaxAge: 'null or a number of milliseconds up to 400 days, such as days(30)',
  path: 'a path that begins with "/", without ";" and "<"',
  domain: 'undefined or a host name such as "example.com", without scheme or port',
  httpOnly: 'true or false',
  secure: 'true or false',
  sameSite: '"lax", "strict", "none", true (strict) or false (omitted)',
  priority: 'undefined, "low", "medium" or "high"',
  partitioned: 'true or false',
};

/** Whether a cookie with this setting can be sent. An absent setting is omitted from the cookie. */
export function fitsSetting(name: OwnSetting, value: unknown): boolean {
  if (name === 'originalMaxAge') return value === null || isLifetime(value);
  return value !== 'auto' && fitsCookieAttribute(name, value);
}

function isLifetime(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) <= LONGEST_COOKIE_MS && Number(value) >= SHORTEST_MS;
}

/**
 * Returns a value that was assigned to a setting of `session.cookie`.
 *
 * @throws SessionError `ERR_SESSION_VALUE` that names the setting and the allowed values.
 */
export function checkedSetting<T>(name: OwnSetting, value: T): T {
  if (fitsSetting(name, value)) return value;
  throw settingError(name === 'originalMaxAge' ? 'maxAge' : name, ALLOWED[name], value);
}

/**
 * The instant of a Date that was assigned to `session.cookie.expires`.
 *
 * @throws SessionError `ERR_SESSION_VALUE` for an invalid Date or one beyond 400 days.
 */
export function checkedInstant(value: unknown, now: number): number {
  const instant = value instanceof Date ? value.getTime() : Number.NaN;
  if (instant <= now + LONGEST_COOKIE_MS) return instant;
  throw settingError('expires', 'a valid Date within the next 400 days, null or false', value);
}

function settingError(name: string, allowed: string, value: unknown): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `session.cookie.${name} must be ${allowed}, got ${describeValue(value)}. The setting is unchanged.`,
  );
}
