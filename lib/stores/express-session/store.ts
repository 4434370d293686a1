import { EventEmitter } from 'node:events';
import { Cookie } from './cookie.js';
import { regenerate, Session, type SessionedRequest, type StoreMethods } from './session.js';

/** An express-session store: an emitter of `disconnect` and `connect`. */
export interface Store extends EventEmitter, StoreMethods {}

/**
 * The base class of stores. A function instead of a class, since most stores run `Store.call(this)`, on any
 * object. It has no state, since some stores never call it. Its methods are enumerable, since some stores
 * copy them.
 *
 * @see parity rules A3, A4, R105 to R110
 */
export const Store = function (this: object): void {
  EventEmitter.call(this as EventEmitter);
} as unknown as { new (): Store; (this: object): void; prototype: Store };

Store.prototype = Object.create(EventEmitter.prototype, {
  constructor: { value: Store, writable: true, configurable: true },
}) as Store;

Store.prototype.regenerate = function (this: Store, req, callback) {
  regenerate(this, req, callback);
};

/** Loads the session of an id, without a request. */
Store.prototype.load = function (this: Store, id, callback) {
  this.get(id, (error, found) => {
    if (error) return callback(error);
    if (!found) return callback();
    const req: Partial<SessionedRequest> = { sessionID: id, sessionStore: this };
    callback(null, this.createSession(req as SessionedRequest, found));
  });
};

/** Sets `req.session` to a session with stored data. */
Store.prototype.createSession = function (this: Store, req, stored) {
  // Not destructured: applications compare the error text for stored data without a cookie (A12).
  const expires = stored.cookie.expires;
  const originalMaxAge = stored.cookie.originalMaxAge;
  const cookie = new Cookie(stored.cookie);
  (stored as { cookie: unknown }).cookie = cookie;
  if (typeof expires === 'string') cookie.expires = new Date(expires);
  else if (typeof cookie._expires === 'string') cookie.expires = new Date(cookie._expires);
  cookie.originalMaxAge = originalMaxAge as number | null;
  const session = new Session(req, stored);
  req.session = session as Session & Record<string, unknown>;
  return session;
};
