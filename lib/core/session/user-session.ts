import type { SessionCookie } from './session-cookie.js';
import type { SessionLifetime } from './session-lifetime.js';

/**
 * The attributes of an application's sessions. Augment it to type `session.userId` and `@Session('userId')`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface SessionData {}

/**
 * What the option `device` records of the device of a login. Augment it to type the option, and `device` in
 * the results of `SessionRegistry`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface SessionDevice {}

/** The device of a login as `SessionRegistry` returns it; any object if no properties are declared. */
export type RecordedDevice = [keyof SessionDevice] extends [never] ? Record<string, unknown> : SessionDevice;

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

/** The options of `login()`. */
export interface LoginOptions<T extends object = SessionData> {
  /**
   * The attributes of an anonymous visitor to carry over, such as a cart. Those of another user are never
   * carried over. A login of the same user keeps all attributes, whatever is named here.
   * @defaultValue `[]`
   */
  readonly keep?: readonly AttributeName<T>[] | undefined;
  /** How the user has signed in, such as `'pwd'` or `'otp'`: recorded in `session.methods`. */
  readonly method?: string | undefined;
}

/** The properties and methods of every session. */
export interface SessionControls<T extends object = SessionData> {
  /** The secret in the cookie. Never log it: log `handle`. */
  readonly id: string;
  /**
   * Public name of this session, for logs and lists; useless as a credential. It stays the same when
   * `login()` steps the session up, and after `regenerate({ keep: 'all' })`.
   */
  readonly handle: string;
  /**
   * The user: as `login()` or the option `principal` gave it, as text. `null` while anonymous, and after
   * `destroy()`.
   */
  readonly principal: string | null;
  /**
   * When the user last signed in or was stepped up: epoch milliseconds; `null` while anonymous. With the
   * option `principal`, the instant at which it had another result.
   */
  readonly authenticatedAt: number | null;
  /** The last use of each method of `login()`, such as `{ pwd: 1767225600000 }`. Epoch milliseconds. */
  readonly methods: Readonly<Record<string, number>>;
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
   * Binds the session to a user, under a new id. The principal is the text, safe integer or bigint that names
   * the user in your application; numbers become decimal text.
   *
   * Attributes of an anonymous visitor are removed except those of the option `keep`, and those of another
   * user all. A login of the user whose session it is already is a step-up: attributes and handle stay,
   * `authenticatedAt` and the absolute timeout start again, and `method` is added to `methods`. As after
   * `regenerate()`, the old id is dead as soon as the session is saved, and at the end of the request.
   *
   * @throws SessionError `ERR_SESSION_VALUE` for a principal of another type, `NaN` and the empty text.
   * `ERR_SESSION_SENT` when the response has begun. `ERR_SESSION_GONE` for a step-up of a session that
   * another request has ended. `ERR_SESSION_LIMIT` where the option `limit` refuses the login: the session is
   * as it was before the call. With `whenReached: 'reject'` the login is stored when this resolves.
   * @see OWASP ASVS 5.0, 7.2.4; OWASP Session Management Cheat Sheet, "Renew the Session ID After Any
   * Privilege Level Change"
   * @example
   * await req.session.login(user.id, { keep: ['cart'], method: 'pwd' });
   */
  login(principal: string | number | bigint, options?: LoginOptions<T>): Promise<void>;

  /**
   * Keeps this session after its user has changed the password: binds it to the present result of the option
   * `credentialStamp`, and saves it as `save()` does. All other sessions of the user end. Call it after the
   * change is committed where the option reads it. Not needed in a request that calls `login()`.
   *
   * A request of the same browser that runs between the change and this call can end the session: it is not
   * distinguishable from one of another browser.
   *
   * @throws SessionError `ERR_SESSION_CONFIG` without the option, `ERR_SESSION_VALUE` for an anonymous
   * session and a result that is no text, `ERR_SESSION_STORE` when the option or the store fails, and those
   * of `save()`.
   * @see OWASP ASVS 5.0, 7.4.3
   */
  refreshStamp(): Promise<void>;

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
   * browser. `ERR_SESSION_LIMIT` where the option `limit` refuses a login by the option `principal`: nothing
   * of this request is stored then, unless a later call succeeds.
   */
  save(): Promise<void>;
  save(callback: SessionCallback): this;

  /**
   * Counts this request as activity, however recent the last touch is, also where `@SessionActivity(false)`
   * says otherwise.
   */
  touch(): this;

  /**
   * Sets how long this one session lives, in place of the options: shorter on a shared computer, or longer
   * unused for a user who wants to stay signed in. It is saved with the session, and each call replaces the
   * values of the one before; `null` removes them. On an empty new session alone it stores nothing.
   *
   * A step-up and `regenerate({ keep: 'all' })` keep it. `regenerate()` and the login of another user remove
   * it, and a login of an anonymous visitor too: call it after `login()`.
   *
   * It never lengthens the life of the cookie in the browser: that is `session.cookie.maxAge`.
   *
   * @throws SessionError `ERR_SESSION_VALUE` for a value that is neither a positive whole number nor
   * `Infinity`, and for an unknown name. The lifetime does not change then.
   * @see OWASP ASVS 5.0, 7.3.1 and 7.3.2; requirements S-34, S-35, S-40
   * @example
   * await req.session.login(user.id);
   * if (form.sharedComputer) req.session.setLifetime({ idle: minutes(10), absolute: hours(1) });
   */
  setLifetime(lifetime: SessionLifetime | null): this;
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
