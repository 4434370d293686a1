import type { SessionCookie } from './session-cookie.js';

/**
 * The attributes of an application's sessions. Augment it to type `session.userId` and `@Session('userId')`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface SessionData {}

/** A node-style callback; the callback form of a method returns the session. */
export type SessionCallback = (error?: unknown) => void;

/** The names of an application's attributes; any string if none are declared. */
export type AttributeName<T extends object> = [keyof T] extends [never] ? string : keyof T & string;

/** The options of `regenerate()`. */
export interface RegenerateOptions<T extends object = SessionData> {
  /**
   * The attributes to carry over to the new id: their names, or `'all'`. Changes of other requests to them
   * are carried over too.
   * @defaultValue `[]`
   */
  readonly keep?: readonly AttributeName<T>[] | 'all';
}

/** The properties and methods of every session. */
export interface SessionControls<T extends object = SessionData> {
  /** The secret in the cookie. Never log it: log `handle`. */
  readonly id: string;
  /** Public name of this session, for logs and lists; useless as a credential. */
  readonly handle: string;
  /** The cookie that carries the id. */
  readonly cookie: SessionCookie;
  /** `true` until a store holds this session. */
  readonly isNew: boolean;
  /**
   * `false` if the store failed and the option `onStoreError` lets the request continue. Whether the browser
   * has a session is unknown then, and every method that needs the store throws `ERR_SESSION_STORE`.
   */
  readonly isAvailable: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When the session expires unless it is used. Epoch milliseconds. */
  readonly expiresAt: number;

  /**
   * Gives the session a new id and removes its attributes, except those of the option `keep`. Call it at
   * login and at each change of privilege. The old id is dead as soon as the session is saved, by `save()` or
   * by the response. At the end of the request it is dead in any case: also after `req.session = null`, a
   * failed save, or a request without a response.
   *
   * @throws SessionError `ERR_SESSION_SENT` when the response has begun.
   * @see OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change"
   */
  regenerate(options?: RegenerateOptions<T>): Promise<void>;
  regenerate(callback: SessionCallback): this;
  regenerate(options: RegenerateOptions<T>, callback: SessionCallback): this;

  /**
   * Ends the session: its record is gone when this resolves, and the response clears the browser's cookie.
   */
  destroy(): Promise<void>;
  destroy(callback: SessionCallback): this;

  /**
   * Loads the session again. Changes that were not saved are dropped.
   * @throws SessionError `ERR_SESSION_GONE` when the store has no such session.
   */
  reload(): Promise<void>;
  reload(callback: SessionCallback): this;

  /**
   * Saves now. Rarely needed: the response waits for the save at the end of the request. If other requests
   * have changed the same attributes, the session has the merged values afterwards, except where it was
   * changed since the call. References to nested objects stay valid.
   * @throws SessionError `ERR_SESSION_GONE` when another request has ended the session; it is not created
   * again. `ERR_SESSION_SENT` and `ERR_SESSION_INSECURE` when the cookie of a new session cannot reach the
   * browser.
   */
  save(): Promise<void>;
  save(callback: SessionCallback): this;

  /** Counts this request as activity, however recent the last touch is. */
  touch(): this;
}

/** `update()`, typed by the declared attributes. */
export interface SessionUpdate<T extends object> {
  /**
   * Changes one attribute by a function of its value and returns the new value. If another request changes
   * the attribute concurrently, the function runs again on that value, so that counters are exact: it must
   * not have side effects. If a save fails but the store has applied it, the function does not run again,
   * unless another request has written to the session in between.
   * @throws SessionError `ERR_SESSION_VALUE` for an async function, and for a result that JSON cannot
   * represent. The attribute does not change then.
   */
  update: [keyof T] extends [never]
    ? <V = unknown>(name: string, change: (value: V | undefined) => V) => V
    : <K extends keyof T & string>(name: K, change: (value: T[K] | undefined) => T[K]) => T[K];
}

/** A session: its controls, and the application's attributes. Each attribute may be absent. */
export type UserSession<T extends object = SessionData> = SessionControls<T> &
  SessionUpdate<T> &
  ([keyof T] extends [never] ? Record<string, unknown> : { [K in keyof T]?: T[K] | undefined });
