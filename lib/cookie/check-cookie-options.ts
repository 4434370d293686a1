import { describeValue, describeWithoutText } from '../core/util/describe-value.js';
import { days } from '../core/util/clock.js';
import type { CookieOptions } from './cookie-options.js';
import { BOOLEAN, checkEach, configError, isOneOf, type Check } from './option-checks.js';

/** Longest lifetime of a cookie in a browser (RFC 6265bis, section 5.5). */
export const LONGEST_COOKIE_MS = days(400);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const DOMAIN = /^\.?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const PATH = /^\/[\x20-\x3a\x3d-\x7e]*$/;

const CHECKS: Record<keyof CookieOptions, Check> = {
  domain: [
    (value) => typeof value === 'string' && DOMAIN.test(value),
    'a host name such as "example.com", without scheme or port',
    describeValue,
  ],
  expires: [
    (value) => value === null || (value instanceof Date && value.getTime() > Date.now()),
    'a Date in the future or null; maxAge is the better choice',
  ],
  httpOnly: BOOLEAN,
  maxAge: [isMaxAge, 'null or a whole number of milliseconds from 1 to 400 days, such as hours(8)'],
  partitioned: BOOLEAN,
  path: [
    (value) => typeof value === 'string' && PATH.test(value),
    'a path that begins with "/", without ";" and "<"',
    describeValue,
  ],
  priority: [isOneOf('low', 'medium', 'high'), '"low", "medium" or "high"', describeValue],
  sameSite: [
    isOneOf(true, false, 'lax', 'strict', 'none', 'auto'),
    '"lax", "strict", "none", "auto", true (strict) or false (omitted)',
    describeValue,
  ],
  secure: [isOneOf(true, false, 'auto'), 'true, false or "auto"', describeValue],
};

function isMaxAge(value: unknown): boolean {
  return (
    value === null || (Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= LONGEST_COOKIE_MS)
  );
}

/**
 * Checks the cookie's attributes, each alone and all together with the cookie name.
 *
 * @throws SessionError `ERR_SESSION_CONFIG`. The message names the option, the value and the fix.
 */
export function checkCookieOptions(options: unknown, name: string): asserts options is CookieOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw configError(
      `The option cookie must be an object of attributes or a function of the request that returns one, got ${describeWithoutText(options)}.`,
    );
  }
  checkEach(options, CHECKS, 'cookie.');
  checkTogether(options);
  checkPrefix(options, name);
}

/** Whether an option is an attribute of the cookie. */
export const isCookieAttribute = (option: string): boolean => Object.hasOwn(CHECKS, option);

/** Whether a value is valid for an attribute of the cookie; `undefined` and `null` are. */
export function fitsCookieAttribute(option: keyof CookieOptions, value: unknown): boolean {
  return value == null || CHECKS[option][0](value);
}

/** @throws SessionError `ERR_SESSION_CONFIG` for a name that a cookie cannot have. */
export function checkCookieName(name: unknown): asserts name is string {
  if (typeof name === 'string' && TOKEN.test(name)) return;
  throw configError(
    `The option name must be a cookie name: letters, digits and !#$%&'*+-.^_\`|~, without spaces, got ${describeValue(name)}.`,
  );
}

function checkTogether({ sameSite, secure, partitioned, maxAge, expires }: CookieOptions): void {
  const needsSecure = sameSite === 'none' ? 'sameSite "none"' : partitioned === true ? 'partitioned' : null;
  if (needsSecure !== null && secure === false) {
    throw configError(
      `cookie.${needsSecure} needs cookie.secure: browsers reject the cookie otherwise. Set cookie.secure to true or "auto".`,
    );
  }
  if (maxAge != null && expires != null) {
    throw configError('cookie.maxAge and cookie.expires both set the end of the cookie. Keep maxAge.');
  }
}

/**
 * Browsers match these prefixes in any case and reject a cookie that breaks their rules (RFC 6265bis, section
 * 5.7).
 */
function checkPrefix(options: CookieOptions, name: string): void {
  const prefix = /^__(host-http|host|secure|http)-/i.exec(name)?.[1]?.toLowerCase();
  if (prefix === undefined) return;
  const shown = JSON.stringify(name);
  if (options.secure !== true) {
    throw configError(
      `The cookie name ${shown} needs cookie.secure true, got ${describeValue(options.secure)}: browsers reject the cookie otherwise.`,
    );
  }
  if (prefix.startsWith('host') && options.domain !== undefined) {
    throw configError(
      `The cookie name ${shown} forbids cookie.domain, got ${describeValue(options.domain)}. Remove the domain or use the prefix __Secure-.`,
    );
  }
  if (prefix.startsWith('host') && (options.path ?? '/') !== '/') {
    throw configError(
      `The cookie name ${shown} needs cookie.path "/", got ${describeValue(options.path)}. Use the prefix __Secure- for another path.`,
    );
  }
  if (prefix.endsWith('http') && options.httpOnly === false) {
    throw configError(`The cookie name ${shown} needs cookie.httpOnly, got false. Remove httpOnly.`);
  }
}
