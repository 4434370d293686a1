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

/** What is true of the cookies of all sessions that have no settings of their own, so that none needs to be made to know. */
export interface CookiePlan {
  /** As {@link SessionCookieFactory.lifetimeOf}, where `endsAt` is `null`. */
  readonly lifetimeMs: number | null;
  /** The instant at which every session ends, however much it is used; `null` without one. Epoch milliseconds. */
  readonly endsAt: number | null;
  /** The cookie tells the browser when to forget it. */
  readonly isPersistent: boolean;
  readonly secure: boolean;
}

/**
 * How the engine comes by a cookie object and what it keeps of it: the settings in which one session differs
 * from the options. Made per request, since the options may depend on it.
 */
export interface SessionCookieFactory {
  readonly plan: CookiePlan;
  /**
   * The cookie of a session: the options, and upon them what was kept. It ends at the instant `endsBy` at the latest, when
   * its session does.
   */
  make(kept: string | null, touchedAt: number, endsBy?: number): SessionCookie;
  /** What must be kept of a cookie, as JSON text; `null` where it is as the options say. */
  keep(cookie: SessionCookie): string | null;
  /**
   * How long the cookie wants this one session to live unused after a use at this instant; `null` to follow the options.
   * Milliseconds.
   */
  lifetimeOf(cookie: SessionCookie, usedAt: number): number | null;
  /** Begins the cookie's lifetime again. */
  touch(cookie: SessionCookie, now: number): void;
}
