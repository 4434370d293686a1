import { SessionError } from '../errors.js';
import { describeKind } from '../util/describe-value.js';

/** A session that another request has ended. */
export function goneError(verb: 'saved' | 'reloaded' | 'stepped up'): SessionError {
  return new SessionError(
    'ERR_SESSION_GONE',
    `The session could not be ${verb}: it was ended by a logout, an expiry or a new id in another request.`,
  );
}

/** A write that failed because other requests were faster each time. */
export function conflictError(attempts: number): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFLICT',
    `The session was not saved: other requests changed the same attributes ${attempts} times in a row. Give them attributes of their own.`,
  );
}

/** A call that needs a cookie when none can be sent. */
export function sentError(method: 'regenerate' | 'login' | 'save'): SessionError {
  return new SessionError(
    'ERR_SESSION_SENT',
    `${method}() was called where no new id can reach the browser: after the response had begun, after its client had left, or on a socket. Call it in an HTTP request, before the first output.`,
  );
}

/** A new session on a connection over which its cookie must not be sent. */
export function insecureError(): SessionError {
  return new SessionError(
    'ERR_SESSION_INSECURE',
    'The session was not saved: its cookie is secure and this connection is not, so the browser would never send it. ' +
      'Behind a proxy that ends TLS, set the option proxy: true; else use cookie.secure "auto".',
  );
}

/** A `genid` whose ids are all in use. */
export function collisionError(attempts: number): SessionError {
  return new SessionError(
    'ERR_SESSION_ID',
    `The genid option made ${attempts} ids in a row that are in use. Make ids from at least 128 random bits.`,
  );
}

/** An async function that was passed to `update()`. */
export function asyncUpdateError(name: string, result: Promise<unknown>): SessionError {
  // No other code can catch its rejection.
  result.catch(() => undefined);
  return new SessionError(
    'ERR_SESSION_VALUE',
    `update(${JSON.stringify(name)}) was given an async function. Await what it needs first, then pass a function that returns the value.`,
  );
}

/** An attribute that the application has defined as not configurable. */
export function notRemovableError(name: string): SessionError {
  return new SessionError(
    'ERR_SESSION_NAME',
    `The attribute ${name} of a session cannot be removed: it is not configurable. Assign it as an ordinary property.`,
  );
}

/** A second argument of `login()` that is not an object. */
export function loginOptionsError(options: unknown): TypeError {
  return new TypeError(
    `The options of login() must be an object such as { method: "pwd" }, got ${describeKind(options)}. Await the promise that login() returns.`,
  );
}

/** A wrong option of `login()`. */
export function loginOptionError(name: 'keep' | 'method', expected: string, value: unknown): TypeError {
  return new TypeError(`The option ${name} of login() must be ${expected}, got ${describeKind(value)}.`);
}

/** A wrong `keep` option of `regenerate()`. */
export function keepError(keep: unknown): TypeError {
  return new TypeError(
    `The option keep of regenerate() must be "all" or an array of attribute names, got ${describeKind(keep)}.`,
  );
}

/** A login of a principal that has as many sessions as the limit allows. */
export function limitError(): SessionError {
  return new SessionError(
    'ERR_SESSION_LIMIT',
    'The user has too many sessions for another login. End one of them first.',
  );
}
