/** How long one session lives, in place of the option `timeouts`. Milliseconds, written `days(30)`. */
export interface SessionLifetime {
  /**
   * Longest time that the session may stay unused, also where its cookie or the options have another one;
   * `Infinity` for no limit. A chosen `timeouts.profile` limits it.
   * @defaultValue that of the session's cookie, or of the options
   */
  readonly idle?: number | undefined;
  /**
   * Longest life of the session, from its creation, login or step-up. Longer values than `timeouts.absolute`
   * count as that one.
   * @defaultValue `timeouts.absolute`
   */
  readonly absolute?: number | undefined;
}
