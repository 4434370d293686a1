/**
 * The stable codes of errors.
 *
 * - `ERR_SESSION_CONFIG`: an option is missing, unknown, out of range or contradicts another. Thrown at
 *   startup.
 * - `ERR_SESSION_STORE`: the store, or the option `credentialStamp`, failed or timed out; `cause` is its
 *   error. Also where the function of the option `limit` timed out.
 * - `ERR_SESSION_VALUE`: JSON cannot represent the value of an attribute, or browsers would refuse a setting
 *   of `session.cookie`. The message names the path or the setting.
 * - `ERR_SESSION_NAME`: an attribute has a name that belongs to the session itself.
 * - `ERR_SESSION_ID`: the `genid` option returned a value that cannot be an id.
 * - `ERR_SESSION_GONE`: another request ended the session while this one used it.
 * - `ERR_SESSION_CONFLICT`: other requests changed the same attribute again and again, until the retries were
 *   used up.
 * - `ERR_SESSION_LIMIT`: the option `limit` refused a login because its user has too many sessions.
 * - `ERR_SESSION_SENT`: the response has begun, so a new id can no longer reach the browser.
 * - `ERR_SESSION_INSECURE`: the cookie is secure and the connection is not, so the browser would not send it.
 * - `ERR_SESSION_NOT_MOUNTED`: the session was read where no session middleware ran.
 * - `ERR_SESSION_NOT_LOADED`: with `load: 'lazy'`, the session was read before it was loaded.
 */
export type SessionErrorCode =
  | 'ERR_SESSION_CONFIG'
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_VALUE'
  | 'ERR_SESSION_NAME'
  | 'ERR_SESSION_ID'
  | 'ERR_SESSION_GONE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_LIMIT'
  | 'ERR_SESSION_SENT'
  | 'ERR_SESSION_INSECURE'
  | 'ERR_SESSION_NOT_MOUNTED'
  | 'ERR_SESSION_NOT_LOADED';

/** The error class of this library. A message never contains an id, a key or data of a session. */
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
   * 503 if the store failed, 429 if a login was refused by the option `limit`. Nest and Express read
   * `statusCode`, `status` and `expose` of an error that a handler does not catch, such as one of
   * `session.save()`.
   */
  get statusCode(): 429 | 503 | undefined {
    if (this.code === 'ERR_SESSION_LIMIT') return 429;
    return this.code === 'ERR_SESSION_STORE' ? 503 : undefined;
  }
  get status(): 429 | 503 | undefined {
    return this.statusCode;
  }
  /** The message is not for clients. */
  get expose(): false | undefined {
    return this.statusCode && false;
  }
}

/** Whether an error is a failure of the store. */
export function isStoreFailure(error: unknown): error is SessionError {
  return error instanceof SessionError && error.code === 'ERR_SESSION_STORE';
}

/** Whether the option `limit` has refused a login. */
export function isLimitError(error: unknown): error is SessionError {
  return error instanceof SessionError && error.code === 'ERR_SESSION_LIMIT';
}

const timeouts = new WeakSet<object>();

/** The error of a store call that has timed out. */
export function timeoutError(operation: string): SessionError {
  const error = new SessionError(
    'ERR_SESSION_STORE',
    `The session store did not ${operation} a session in time.`,
  );
  timeouts.add(error);
  return error;
}

/** Whether an error is a timeout: the store may still carry out the call. */
export const isTimeout = (error: object): boolean => timeouts.has(error);
