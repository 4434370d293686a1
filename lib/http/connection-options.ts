/** Options of connections that outlive their request: sockets, subscriptions and event streams. */
export interface ConnectionOptions {
  /**
   * How often the sessions of open sockets, subscriptions and event streams are checked in the store, which
   * is how a process learns that another one has ended a session. With `notify`, only sessions whose expiry
   * has come, and all of them once a minute. Costs a load for each open connection. Milliseconds.
   * @defaultValue `seconds(5)`
   */
  readonly checkEvery?: number | undefined;
  /**
   * Tells the other processes of each session that has ended, so that they close its sockets, subscriptions
   * and event streams within milliseconds. Every process needs it. It costs each end one message, and each
   * process with open connections one connection to the server.
   *
   * @defaultValue `false`
   * @throws SessionError `ERR_SESSION_CONFIG` at startup for a store without `StoreNotices`: Redis,
   * PostgreSQL and memory have them.
   */
  readonly notify?: boolean | undefined;
  /**
   * Origins whose pages may open sockets with the session, such as `['https://app.example.com']`. Those of
   * the host itself always may. A handshake with a session cookie from any other page is closed.
   * @defaultValue `[]`
   * @see OWASP ASVS 5.0, 4.4.2; requirement S-63
   */
  readonly trustedOrigins?: readonly string[] | undefined;
}
