/**
 * The authenticator assurance levels of NIST SP 800-63B-4, whose sessions last:
 *
 * - `aal1`: at most 30 days.
 * - `aal2`: at most 24 hours, and unused at most 1 hour.
 * - `aal3`: at most 12 hours, and unused at most 15 minutes.
 */
export type TimeoutProfile = 'aal1' | 'aal2' | 'aal3';

/** Lifetimes of sessions. Milliseconds, written `minutes(30)`. */
export interface SessionTimeouts {
  /**
   * Sets `absolute` and `idle` to the limits of a level. Values that you give instead may be shorter; longer
   * ones need a `deviation`. An idle timeout that one session gets, from `setLifetime()`, its cookie or a
   * function `cookie`, is shortened to the limit.
   * @throws SessionError `ERR_SESSION_CONFIG` for longer values without a `deviation`.
   * @see NIST SP 800-63B-4, sections 2.1.3, 2.2.3 and 2.3.3; OWASP ASVS 5.0, 7.1.1; requirements S-1, S-37
   */
  readonly profile?: TimeoutProfile | undefined;
  /**
   * The reason for values that are longer than those of the `profile`. It is logged at startup, and part of
   * `sessionPolicy()`.
   */
  readonly deviation?: string | undefined;
  /**
   * Longest time a session may stay unused; `Infinity` for no limit.
   * @defaultValue `cookie.maxAge`, or else that of the `profile`, or else `hours(24)`
   * @see OWASP Session Management Cheat Sheet, "Session Expiration"; OWASP ASVS 5.0, 7.3.1
   */
  readonly idle?: number | undefined;
  /**
   * Longest life of a session, whether it is used or not; `Infinity` for no limit. It also limits the cookie:
   * a longer `session.cookie.maxAge` is sent as the remaining time.
   * @defaultValue that of the `profile`, or else `days(30)`
   * @see OWASP ASVS 5.0, 7.3.2; NIST SP 800-63B-4, AAL1
   */
  readonly absolute?: number | undefined;
  /**
   * Shortest time between two touches of one session. A touch extends the idle timeout in the store.
   * @defaultValue a tenth of `idle`, at most `minutes(1)`
   */
  readonly touchEvery?: number | undefined;
}
