import type { Awaitable } from '../core/util/awaitable.js';

/** How sessions end when the credential of their user changes: the option `credentialStamp`. */
export interface CredentialStampOptions {
  /**
   * Returns a text that changes with each change of the user's password or other credential: its instant as a
   * text, a counter, or a column for this purpose. It must read what `refreshStamp()` and logins can see: not
   * a replica that is behind. `null` or `undefined` where there is no such user: the session ends. Another
   * result fails the request with `ERR_SESSION_VALUE`. If it throws, rejects, or takes longer than
   * `storeTimeout`, nobody is logged out: the request gets what `onStoreError` defines.
   *
   * The session stores a hash of the text. `principal` is the one of `session.principal`.
   */
  readonly of: (principal: string) => Awaitable<string | null | undefined>;
  /**
   * How long one result of `of` is used for all sessions of its user on this server; 0 calls `of` at each
   * request of a signed-in user. Milliseconds. Another server can serve a session for this long after the
   * change.
   * @defaultValue `minutes(1)`
   */
  readonly checkEvery?: number | undefined;
}
