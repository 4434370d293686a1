/**
 * The attributes of the session cookie.
 *
 * @see RFC 6265bis, section 4.1.2; express-session's `cookie` option, whose names and meanings these are
 */
export interface CookieOptions {
  /** Hosts that get the cookie beside the one that set it. By default none. */
  readonly domain?: string | undefined;
  /** A fixed instant at which the browser forgets the cookie. Prefer `maxAge`. */
  readonly expires?: Date | null | undefined;
  /**
   * Keeps the cookie from scripts.
   * @defaultValue `true`
   */
  readonly httpOnly?: boolean | undefined;
  /**
   * How long the browser keeps the cookie, and the session its record, after the last use. Milliseconds.
   * `null`: the cookie ends with the browser.
   * @defaultValue `null`
   */
  readonly maxAge?: number | null | undefined;
  /** A cookie jar per embedding site (CHIPS). Needs `secure`. */
  readonly partitioned?: boolean | undefined;
  /**
   * Where the cookie, and with it the session, applies.
   * @defaultValue `'/'`
   */
  readonly path?: string | undefined;
  readonly priority?: 'low' | 'medium' | 'high' | undefined;
  /**
   * `true` is `'strict'`; `'auto'` is `'none'` over a secure connection and `'lax'` over another; `false` leaves it out.
   * @defaultValue `'lax'`
   */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  /**
   * Only over secure connections; `'auto'` does as the connection at hand is.
   * @defaultValue `'auto'`
   */
  readonly secure?: boolean | 'auto' | undefined;
}

/** The attributes of the cookie of one request, decided. */
export interface ResolvedCookie {
  readonly path: string;
  readonly domain: string | undefined;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: boolean | 'lax' | 'strict' | 'none';
  readonly priority: 'low' | 'medium' | 'high' | undefined;
  readonly partitioned: boolean;
  readonly maxAgeMs: number | null;
  /** The instant at which the cookie ends, however much it is used; `null` where `maxAgeMs` counts from each use. */
  readonly expiresAt: number | null;
}

/** Decides what the options leave to the request: defaults, `'auto'`, and how long a fixed instant is away. */
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

/** A browser refuses SameSite=None on a cookie that is not Secure: where `secure: 'auto'` gives that, Lax is left. */
function resolveSameSite(
  sameSite: CookieOptions['sameSite'],
  secure: boolean,
  secureRequest: boolean,
): ResolvedCookie['sameSite'] {
  if (sameSite === 'auto') return secureRequest ? 'none' : 'lax';
  return sameSite === 'none' && !secure ? 'lax' : (sameSite ?? 'lax');
}

/** What is resolved as the options say. */
const NOTHING: readonly string[] = [];

/** The options that a connection without TLS left out of a cookie that is not Secure, in words for a warning. */
export function leftOutAttributes(
  { sameSite, partitioned }: CookieOptions,
  resolved: ResolvedCookie,
): readonly string[] {
  if (resolved.secure || (sameSite !== 'none' && partitioned !== true)) return NOTHING;
  const names: string[] = [];
  if (sameSite === 'none' && resolved.sameSite !== 'none') names.push('sameSite "none"');
  if (partitioned === true && !resolved.partitioned) names.push('partitioned');
  return names;
}
