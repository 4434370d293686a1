import type { SessionCookie } from './session-cookie.js';

/** What an application stores in its sessions. Augment it to type `session.userId` and `@Session('userId')`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface SessionData {}

/** A node-style callback; the callback form of a method returns the session. */
export type SessionCallback = (error?: unknown) => void;

/** The names of an application's attributes; any text while none are declared. */
export type AttributeName<T extends object> = [keyof T] extends [never] ? string : keyof T & string;

/** What survives a new id. */
export interface RegenerateOptions<T extends object = SessionData> {
  /**
   * Attributes to carry over to the new id, with what other requests change in them meanwhile: their names, or `'all'`.
   * @defaultValue `[]`
   */
  readonly keep?: readonly AttributeName<T>[] | 'all';
}

/** What every session can do, whatever it holds. */
export interface SessionControls<T extends object = SessionData> {
  /** The secret that the browser holds. Never log it: log `handle`. */
  readonly id: string;
  /** Public name of this session, for logs and lists; useless as a credential. */
  readonly handle: string;
  /** The cookie that carries the id. */
  readonly cookie: SessionCookie;
  /** `true` until a store holds this session. */
  readonly isNew: boolean;
  /**
   * `false` where the store failed and the option `onStoreError` lets the request go on: whether the browser has a session
   * is not known then, and whatever needs the store throws `ERR_SESSION_STORE`.
   */
  readonly isAvailable: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When the session is over unless it is used. Epoch milliseconds. */
  readonly expiresAt: number;

  /**
   * A new id and, unless told to keep them, no attributes: at login and at each change of privilege. The old id is
   * dead as soon as the session is saved, by `save()` or by the response. It is dead at the end of the request in any
   * case: also after `req.session = null`, a save that failed, or a request without a response.
   *
   * @throws SessionError `ERR_SESSION_SENT` when the answer has begun.
   * @see OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change"
   */
  regenerate(options?: RegenerateOptions<T>): Promise<void>;
  regenerate(callback: SessionCallback): this;
  regenerate(options: RegenerateOptions<T>, callback: SessionCallback): this;

  /** Ends the session: its record is gone when this resolves, and the answer expires the browser's cookie. */
  destroy(): Promise<void>;
  destroy(callback: SessionCallback): this;

  /**
   * Reads the session from the store again; changes that were not saved are dropped.
   * @throws SessionError `ERR_SESSION_GONE` when the store has no such session.
   */
  reload(): Promise<void>;
  reload(callback: SessionCallback): this;

  /**
   * Saves now. Rarely needed: the answer waits for its session anyway. Where other requests have changed the same
   * attributes, the session shows the merged values afterwards, except what was changed since the call. Nested objects
   * that the caller holds stay part of the session.
   * @throws SessionError `ERR_SESSION_GONE` when the session was ended meanwhile; it is not created again.
   * `ERR_SESSION_SENT` and `ERR_SESSION_INSECURE` when a new session could not be named by any browser.
   */
  save(): Promise<void>;
  save(callback: SessionCallback): this;

  /** Counts this request as activity, however recent the last touch is. */
  touch(): this;
}

/** Changing an attribute by a function; names and types are those of the session's data, where these are declared. */
export interface SessionUpdate<T extends object> {
  /**
   * Changes one attribute by a function of its value and returns the new value. Where another request changed the
   * attribute at the same time, the function runs again on that value, so that counters are exact: keep it free of
   * side effects. After a save that failed and was applied all the same, the function does not run again, unless another
   * request has written to the session in between.
   * @throws SessionError `ERR_SESSION_VALUE` for an async function, and for a result that JSON cannot carry. The
   * attribute stays as it was.
   */
  update: [keyof T] extends [never]
    ? <V = unknown>(name: string, change: (value: V | undefined) => V) => V
    : <K extends keyof T & string>(name: K, change: (value: T[K] | undefined) => T[K]) => T[K];
}

/**
 * A session: its controls and, beside them, the application's attributes. An attribute may always be absent.
 */
export type UserSession<T extends object = SessionData> = SessionControls<T> &
  SessionUpdate<T> &
  ([keyof T] extends [never] ? Record<string, unknown> : { [K in keyof T]?: T[K] | undefined });
