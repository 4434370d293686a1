/**
 * The cookie that carries the id of a session: `session.cookie`.
 *
 * Setting `maxAge` or `expires` changes how long this one session lives, in the browser and in the store.
 * Neither reaches beyond the end of the session by `timeouts.absolute`: `maxAge` and `expires` show the time
 * that is left. Assigning a value that browsers refuse throws `ERR_SESSION_VALUE`, and the setting does not
 * change.
 */
export interface SessionCookie {
  /**
   * Milliseconds from now until the browser deletes the cookie, up to 400 days; `null` for a cookie that ends
   * with the browser.
   */
  maxAge: number | null;
  /** The instant at which the browser deletes the cookie; `null` for a cookie that ends with the browser. */
  expires: Date | null;
  /** The `maxAge` that each touch restores. Milliseconds. */
  readonly originalMaxAge: number | null;
  path: string;
  domain?: string | undefined;
  httpOnly: boolean;
  secure?: boolean | undefined;
  sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined;
  priority?: 'low' | 'medium' | 'high' | undefined;
  partitioned?: boolean | undefined;
  /** The value of a `Set-Cookie` header: `name=value` with these attributes. */
  serialize(name: string, value: string): string;
  toJSON(): object;
}

/** The attributes of a cookie besides its lifetime. */
export type CookieAttributes = Readonly<
  Pick<SessionCookie, 'path' | 'domain' | 'httpOnly' | 'secure' | 'sameSite' | 'priority' | 'partitioned'>
>;

/** How long a session lives, and how its cookie is sent, by the settings of the cookie. */
export interface CookiePlan {
  /** Longest time unused; `null` to follow the options. Ignored if `endsAt` is set. Milliseconds. */
  readonly lifetimeMs: number | null;
  /**
   * The instant at which the session ends, however much it is used; `null` without one. Epoch milliseconds.
   */
  readonly endsAt: number | null;
  /** The cookie has an expiry of its own. */
  readonly isPersistent: boolean;
  readonly secure: boolean;
}

/** Makes the cookie objects of one request, and reads the settings that differ from the options. */
export interface SessionCookieFactory {
  /** The plan of every cookie without settings of its own. */
  readonly plan: CookiePlan;
  /** The plan of one cookie, as it is now. */
  planOf(cookie: SessionCookie): CookiePlan;
  /** A cookie with the stored settings, or those of the options. It ends at `endsBy` at the latest. */
  make(settings: string | null, touchedAt: number, endsBy?: number): SessionCookie;
  /** The attributes of a cookie with the stored settings, or those of the options. */
  attributesOf(settings: string | null): CookieAttributes;
  /** The settings that must be stored, as JSON text; `null` if the cookie has those of the options. */
  keep(cookie: SessionCookie): string | null;
  /** Sets the instant at which a cookie ends at the latest. */
  endBy(cookie: SessionCookie, endsBy: number): void;
  /** Restarts the lifetime of a cookie. */
  touch(cookie: SessionCookie, now: number): void;
}
