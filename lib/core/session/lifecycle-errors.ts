import { SessionError } from '../errors.js';

/** A session that a request cannot save or reload any more. */
export function goneError(verb: 'saved' | 'reloaded'): SessionError {
  return new SessionError(
    'ERR_SESSION_GONE',
    `The session could not be ${verb}: it has been ended, by a logout, an expiry or a new id in another request.`,
  );
}

/** A write that other requests prevented each time. */
export function conflictError(attempts: number): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFLICT',
    `The session was not saved: other requests changed the same attributes ${attempts} times in a row. Give them attributes of their own.`,
  );
}

/** A call that needs a cookie when none can be sent. */
export function sentError(method: 'regenerate' | 'save'): SessionError {
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
