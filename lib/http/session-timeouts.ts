/** Lifetimes of sessions. Milliseconds, written `minutes(30)`. */
export interface SessionTimeouts {
  /**
   * Longest time a session may stay unused; `Infinity` for no limit.
   * @defaultValue `cookie.maxAge`, or else `hours(24)`
   * @see OWASP Session Management Cheat Sheet, "Session Expiration"; OWASP ASVS 5.0, 7.3.1
   */
  readonly idle?: number | undefined;
  /**
   * Longest life of a session, whether it is used or not; `Infinity` for no limit. It also limits the cookie:
   * a longer `session.cookie.maxAge` is sent as the remaining time.
   * @defaultValue `days(30)`
   * @see OWASP ASVS 5.0, 7.3.2; NIST SP 800-63B-4, AAL1
   */
  readonly absolute?: number | undefined;
  /**
   * Shortest time between two touches of one session. A touch extends the idle timeout in the store.
   * @defaultValue a tenth of `idle`, at most `minutes(1)`
   */
  readonly touchEvery?: number | undefined;
}
