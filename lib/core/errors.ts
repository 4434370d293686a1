/**
 * What went wrong, as a stable word to switch on.
 *
 * - `ERR_SESSION_CONFIG`: an option is missing, unknown, out of range or contradicts another. Thrown at start.
 * - `ERR_SESSION_STORE`: the store refused or failed; `cause` says how.
 * - `ERR_SESSION_VALUE`: an attribute holds something JSON cannot carry, or a setting of `session.cookie` is one that no
 *   browser would take; the message names the path or the setting.
 * - `ERR_SESSION_NAME`: an attribute was given a name that belongs to the session itself.
 * - `ERR_SESSION_ID`: the `genid` option gave something that cannot serve as an id.
 * - `ERR_SESSION_GONE`: the session was ended elsewhere while this request held it.
 * - `ERR_SESSION_CONFLICT`: other requests kept changing the same attribute; the bounded retries ran out.
 * - `ERR_SESSION_SENT`: the answer has begun, so a new id can no longer reach the browser.
 * - `ERR_SESSION_INSECURE`: the cookie is secure and the connection is not, so the browser would not get it.
 * - `ERR_SESSION_NOT_MOUNTED`: the session was asked for where no session middleware ran.
 * - `ERR_SESSION_NOT_LOADED`: with `load: 'lazy'` the session was read before anyone had asked for it.
 */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_VALUE'
  | 'ERR_SESSION_NAME'
  | 'ERR_SESSION_ID'
  | 'ERR_SESSION_GONE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_SENT'
  | 'ERR_SESSION_INSECURE'
  | 'ERR_SESSION_NOT_MOUNTED'
  | 'ERR_SESSION_NOT_LOADED';

/**
 * The one error class of this library. Its message never holds an id, a key or a session's data.
 */
export class SessionError extends Error {
  override readonly name = 'SessionError';

  constructor(
    readonly code: SessionErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }

  /**
   * 503 while the store fails: Nest and Express read these three where a handler does not catch what `session.save()`
   * rejects with. The one place where the engine knows of HTTP.
   */
  get statusCode(): 503 | undefined {
    return this.code === 'ERR_SESSION_STORE' ? 503 : undefined;
  }
  get status(): 503 | undefined {
    return this.statusCode;
  }
  /** The message is not for clients. */
  get expose(): false | undefined {
    return this.statusCode && false;
  }
}

/** Whether the store failed, and not the one who asked. */
export function isStoreFailure(error: unknown): error is SessionError {
  return error instanceof SessionError && error.code === 'ERR_SESSION_STORE';
}

const unanswered = new WeakSet<object>();

/** The error of a store that did not answer in time. */
export function unansweredError(operation: string): SessionError {
  const error = new SessionError(
    'ERR_SESSION_STORE',
    `The session store did not answer in time to ${operation} a session.`,
  );
  unanswered.add(error);
  return error;
}

/** Whether a store did not answer at all, whoever noticed. */
export const isUnanswered = (error: object): boolean => unanswered.has(error);

/**
 * What happened to sessions that no request can tell of. No event holds an id or a key.
 *
 * - `store-down`: the store failed, or did not answer in time, after it had worked; told once, until it works again.
 *   `error.cause` is what the store said.
 * - `store-up`: it works again, after so many milliseconds and failed calls.
 * - `corrupt-record`: a session could not be read, and its visitor was given a fresh one. `handle` is its public name.
 * - `sweep-failed`: the store did not remove expired sessions. The next sweep tries again. `error.cause` is the store's error.
 * - `rejected`: a request got no session although its cookies are valid. Reason `duplicate-cookie`: it has several cookies
 *   of one name, of different live sessions, so nothing shows which one is the visitor's. Another host of the same domain
 *   may have set one of them (cookie tossing). `handles` are the public names of the sessions that the cookies name.
 */
export type SessionEvent =
  | { readonly type: 'store-down'; readonly error: SessionError }
  | { readonly type: 'store-up'; readonly downMs: number; readonly failedCalls: number }
  | { readonly type: 'corrupt-record'; readonly handle: string }
  | { readonly type: 'sweep-failed'; readonly error: SessionError }
  | {
      readonly type: 'rejected';
      readonly reason: 'duplicate-cookie';
      readonly handles: readonly string[];
    };

/**
 * Gets each event after the request's own step, in a later turn of the event loop. What it throws, and a promise of it that
 * rejects, is logged as a warning. No request waits for it.
 */
export type SessionEventListener = (event: SessionEvent) => void;
