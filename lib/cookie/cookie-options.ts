import type { SessionCookie } from '../core/session/session-cookie.js';

/**
 * The attributes of the session cookie.
 *
 * @see RFC 6265bis, section 4.1.2; express-session's `cookie` option, which has the same names and meanings
 */
export interface CookieOptions {
  /** Domain whose hosts all receive the cookie. By default only the host that set it. */
  readonly domain?: string | undefined;
  /** A fixed instant at which the cookie expires. Prefer `maxAge`. */
  readonly expires?: Date | null | undefined;
  /**
   * Hides the cookie from scripts in the browser.
   * @defaultValue `true`
   */
  readonly httpOnly?: boolean | undefined;
  /**
   * Lifetime of the cookie and of its session after the last use. Milliseconds. `null`: the cookie ends with
   * the browser.
   * @defaultValue `null`
   */
  readonly maxAge?: number | null | undefined;
  /** Partitions the cookie by the embedding site (CHIPS). Needs `secure`. */
  readonly partitioned?: boolean | undefined;
  /**
   * Path to which the cookie, and with it the session, applies.
   * @defaultValue `'/'`
   */
  readonly path?: string | undefined;
  readonly priority?: SessionCookie['priority'];
  /**
   * `true` is `'strict'`. `'auto'` is `'none'` on a secure connection, else `'lax'`. `false` omits the
   * attribute.
   * @defaultValue `'lax'`
   */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  /**
   * Restricts the cookie to secure connections. `'auto'`: `true` if the connection of the request is secure.
   * @defaultValue `'auto'`
   */
  readonly secure?: boolean | 'auto' | undefined;
}

/** The attributes of the cookie of one request, resolved. */
export interface ResolvedCookie {
  readonly path: string;
  readonly domain: string | undefined;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: boolean | 'lax' | 'strict' | 'none';
  readonly priority: SessionCookie['priority'];
  readonly partitioned: boolean;
  readonly maxAgeMs: number | null;
  /**
   * Fixed end of the cookie, which a touch does not move; `null` where `maxAgeMs` counts from the last use.
   */
  readonly expiresAt: number | null;
}

/** Resolves defaults, `'auto'` and the remaining time of `expires` for one request. */
export function resolveCookie(options: CookieOptions, secureRequest: boolean, now: number): ResolvedCookie {
  const secure = options.secure === 'auto' || options.secure === undefined ? secureRequest : options.secure;
  return {
    path: options.path ?? '/',
    domain: options.domain,
    httpOnly: options.httpOnly ?? true,
    secure,
    sameSite: resolveSameSite(options.sameSite, secure, secureRequest),
    priority: options.priority,
    partitioned: (options.partitioned ?? false) && secure,
    maxAgeMs: options.expires ? options.expires.getTime() - now : (options.maxAge ?? null),
    expiresAt: options.expires ? options.expires.getTime() : null,
  };
}

/** Browsers reject SameSite=None on a cookie that is not Secure. Such a cookie gets Lax. */
function resolveSameSite(
  sameSite: CookieOptions['sameSite'],
  secure: boolean,
  secureRequest: boolean,
): ResolvedCookie['sameSite'] {
  if (sameSite === 'auto') return secureRequest ? 'none' : 'lax';
  return sameSite === 'none' && !secure ? 'lax' : (sameSite ?? 'lax');
}

const NO_NAMES: readonly string[] = [];

/** Names of the configured attributes that a cookie lacks because it is not Secure, for a warning. */
export function leftOutAttributes(
  { sameSite, partitioned }: CookieOptions,
  resolved: ResolvedCookie,
): readonly string[] {
  if (resolved.secure || (sameSite !== 'none' && partitioned !== true)) return NO_NAMES;
  const names: string[] = [];
  if (sameSite === 'none' && resolved.sameSite !== 'none') names.push('sameSite "none"');
  if (partitioned === true && !resolved.partitioned) names.push('partitioned');
  return names;
}
