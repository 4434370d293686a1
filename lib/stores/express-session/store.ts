import { EventEmitter } from 'node:events';
import { Cookie } from './cookie.js';
import { Session, type SessionedRequest, type StoreMethods } from './session.js';

/** A store: what it must do, and an emitter of `disconnect` and `connect`. */
export interface Store extends EventEmitter, StoreMethods {}

/**
 * The base of stores. A function and no class, since most stores call it on their `this`, which need not even be a
 * store; it keeps no state of its own, since some never call it; and its methods are enumerable, since some copy them.
 *
 * @see parity rules A3, A4, R105 to R110
 */
export const Store = function (this: object): void {
  EventEmitter.call(this as EventEmitter);
} as unknown as { new (): Store; (this: object): void; prototype: Store };

Store.prototype = Object.create(EventEmitter.prototype, {
  constructor: { value: Store, writable: true, configurable: true },
}) as Store;

/** Destroys the session of a request and gives the request another one, even where destroying failed. */
Store.prototype.regenerate = function (this: Store, req, callback) {
  let destroyed = false;
  this.destroy(req.sessionID!, (error) => {
    // Some stores call back twice: the second session would replace one that is in use.
    if (destroyed) return;
    destroyed = true;
    this.generate(req);
    callback(error);
  });
};

/** The session of an id, outside any request. */
Store.prototype.load = function (this: Store, id, callback) {
  this.get(id, (error, found) => {
    if (error) return callback(error);
    if (!found) return callback();
    const req: Partial<SessionedRequest> = { sessionID: id, sessionStore: this };
    callback(null, this.createSession(req as SessionedRequest, found));
  });
};

/** Makes a session of what a store gave, and puts it at the request. */
Store.prototype.createSession = function (this: Store, req, stored) {
  // Not destructured: applications compare the message of what that throws where there is no cookie.
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
