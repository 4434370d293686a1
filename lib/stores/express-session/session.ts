import type { IncomingMessage } from 'node:http';
import type { Cookie } from './cookie.js';
import { askStore, inTime } from './callback-store.js';

/** A node-style callback. */
export type Callback<T = unknown> = (error?: unknown, result?: T) => void;

/** A request as this entry works on it: the properties of express-session, all plain. */
export interface SessionedRequest extends IncomingMessage {
  session?: (Session & Record<string, unknown>) | null;
  sessionID?: string;
  sessionStore?: StoreMethods;
  originalUrl?: string;
  secure?: boolean;
  secret?: unknown;
  cookies?: Record<string, unknown>;
  signedCookies?: Record<string, unknown>;
  [KEEPER]?: SessionKeeper;
}

/**
 * A session as express-session has it: attributes and `cookie` are its own enumerable properties, everything else is
 * not enumerable. Works on a request of nothing but `sessionID` and `sessionStore` too.
 *
 * @see parity rules R73 to R83
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the type of what the constructor below makes
export interface Session extends SessionMethods {}

/** The methods of a session; a class, so that they are not enumerable. */
class SessionMethods {
  declare readonly req: SessionedRequest;
  declare readonly id: string;
  declare cookie: Cookie;

  /** Begins the lifetime of the cookie again. The store is not asked. */
  touch(): this {
    return this.resetMaxAge();
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge;
    return this;
  }

  /** Writes the session to the store. */
  save(callback?: Callback | null): this {
    askStore(this.req.sessionStore!, 'set', [this.id, this], callback || noop);
    return this;
  }

  /** Reads the session again: `req.session` becomes another object. */
  reload(callback: Callback): this {
    const { req } = this;
    const store = req.sessionStore!;
    const keeper = req[KEEPER];
    const loaded = (error: unknown, found?: StoredSessionData): void => {
      if (error) return callback(error);
      if (!found) return callback(new Error('failed to load session'));
      if (keeper === undefined) store.createSession(req, found);
      else keeper.inflate(found);
      callback();
    };
    askStore(store, 'get', [this.id], inTime(keeper?.storeTimeoutMs ?? null, loaded));
    return this;
  }

  /** Removes the session from the request at once, and from the store. */
  destroy(callback?: Callback | null): this {
    const store = this.req.sessionStore!;
    delete this.req.session;
    forget(this.req, this.id, (done) => askStore(store, 'destroy', [this.id], done), callback || noop);
    return this;
  }

  /** Another id and an empty session at `req.session`; the old id is removed from the store. */
  regenerate(callback: Callback): this {
    const { req } = this;
    forget(req, req.sessionID!, (done) => anotherSession(req, done), callback);
    return this;
  }
}

/**
 * A function and no class, for the reason that `Store` is one: `Session.call(this, req)`. `req` needs no more than a
 * `sessionID` and a `sessionStore`.
 */
export const Session = function Session(this: Session, req: object, data?: unknown): void {
  Object.defineProperty(this, 'req', { value: req });
  Object.defineProperty(this, 'id', { value: (req as SessionedRequest).sessionID });
  if (typeof data !== 'object' || data === null) return;
  // Names that the session has already are not data, and no data reaches a prototype.
  for (const name in data) {
    if (!(name in this))
      (this as unknown as Record<string, unknown>)[name] = (data as Record<string, unknown>)[name];
  }
} as unknown as {
  new (req: object, data?: unknown): Session;
  (this: object, req: object, data?: unknown): void;
  prototype: Session;
};

Session.prototype = SessionMethods.prototype;
Object.defineProperty(Session.prototype, 'constructor', { value: Session });

/** By the store's own way, which most have from their base class; a store without one is asked for what it takes. */
function anotherSession(req: SessionedRequest, callback: Callback): void {
  const store = req.sessionStore!;
  if (typeof store.regenerate === 'function') return store.regenerate(req, callback);
  let destroyed = false;
  askStore(store, 'destroy', [req.sessionID!], (error) => {
    if (destroyed) return;
    destroyed = true;
    store.generate(req);
    callback(error);
  });
}

/** What a store must do, callback style. `touch` may be missing. */
export interface StoreMethods {
  get(id: string, callback: Callback<StoredSessionData | null>): void;
  set(id: string, session: Session, callback?: Callback): void;
  destroy(id: string, callback?: Callback): void;
  touch?(id: string, session: Session, callback?: Callback): void;
  /** Makes an empty session with a new id; put on the instance by `session()`. */
  generate(req: SessionedRequest): void;
  regenerate(req: SessionedRequest, callback: Callback): void;
  load(id: string, callback: Callback<Session>): void;
  createSession(req: SessionedRequest, stored: StoredSessionData): Session;
}

/** What a store gives back: data and the cookie's attributes. */
export interface StoredSessionData {
  cookie: { expires?: unknown; originalMaxAge?: number | null; [name: string]: unknown };
  [name: string]: unknown;
}

/** Where a request keeps who looks after its session. */
export const KEEPER = Symbol('nest-session.keeper');

/** Who looks after the session of a request: puts the end of a session in order with what is under way for it. */
export interface SessionKeeper {
  readonly storeTimeoutMs: number | null;
  /** Puts the session that the store returned at the request. */
  inflate(found: StoredSessionData): void;
  forget(id: string, remove: (done: Callback) => void, callback: Callback): void;
  /** Whether the session is being loaded: then `next` is called when it is there, or with the error. */
  joins(next: (error?: unknown) => void): boolean;
}

function forget(
  req: SessionedRequest,
  id: string,
  remove: (done: Callback) => void,
  callback: Callback,
): void {
  const keeper = req[KEEPER];
  if (keeper === undefined) remove(callback);
  else keeper.forget(id, remove, callback);
}

function noop(): void {}
