/**
 * The cookie that carries a session's id, as a controller sees it at `session.cookie`.
 *
 * Setting `maxAge` or `expires` changes how long this one session lives, in the browser and in the store. What reaches
 * beyond the end of the session by `timeouts.absolute` is cut there: `maxAge` and `expires` show what is left. A value that
 * no browser would take is refused when it is assigned, with `ERR_SESSION_VALUE`, and the setting stays as it was.
 */
export interface SessionCookie {
  /**
   * Milliseconds from now until the browser forgets the cookie, up to 400 days; `null` for one that ends with the browser.
   */
  maxAge: number | null;
  /** The instant at which the browser forgets the cookie; `null` for one that ends with the browser. */
  expires: Date | null;
  /** The `maxAge` that each touch begins again with. Milliseconds. */
  readonly originalMaxAge: number | null;
  path: string;
  domain?: string | undefined;
  httpOnly: boolean;
  secure?: boolean | undefined;
  sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined;
  priority?: 'low' | 'medium' | 'high' | undefined;
  partitioned?: boolean | undefined;
  /** `name=value` with these attributes, as `Set-Cookie` wants it. */
  serialize(name: string, value: string): string;
  toJSON(): object;
}

/** What follows from the settings of a cookie. */
export interface CookiePlan {
  /** How long the session may stay unused; `null` to follow the options. Ignored where `endsAt` is set. Milliseconds. */
  readonly lifetimeMs: number | null;
  /** The instant at which the session ends, however much it is used; `null` without one. Epoch milliseconds. */
  readonly endsAt: number | null;
  /** The cookie tells the browser when to delete it. */
  readonly isPersistent: boolean;
  readonly secure: boolean;
}

/** Makes cookie objects by the options of one request, and reads from them the settings in which they differ. */
export interface SessionCookieFactory {
  /** The plan of every cookie without settings of its own. */
  readonly plan: CookiePlan;
  /** The plan of one cookie, as it is now. */
  planOf(cookie: SessionCookie): CookiePlan;
  /** A cookie with the stored settings, or with those of the options. It ends at the instant `endsBy` at the latest. */
  make(settings: string | null, touchedAt: number, endsBy?: number): SessionCookie;
  /** What must be stored of a cookie, as JSON text; `null` where it is as the options say. */
  keep(cookie: SessionCookie): string | null;
  /** Starts the lifetime of a cookie again. */
  touch(cookie: SessionCookie, now: number): void;
}
