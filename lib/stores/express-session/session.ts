import type { IncomingMessage } from 'node:http';
import type { Cookie } from './cookie.js';
import { invokeStore, withDeadline, type Callback } from './callback-store.js';

/** A request with the properties of express-session, all of them data properties. */
export interface SessionedRequest extends IncomingMessage {
  session?: (Session & Record<string, unknown>) | null;
  sessionID?: string;
  sessionStore?: StoreMethods;
  originalUrl?: string;
  secure?: boolean;
  secret?: unknown;
  cookies?: Record<string, unknown>;
  signedCookies?: Record<string, unknown>;
  [HOOKS]?: SessionHooks;
}

/**
 * express-session's session: attributes and `cookie` are own enumerable properties, everything else is not
 * enumerable.
 *
 * @see parity rules R73 to R83
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the instance type of the constructor below
export interface Session extends SessionMethods {}

/** The methods of a session; a class, so that they are not enumerable. */
class SessionMethods {
  declare readonly req: SessionedRequest;
  declare readonly id: string;
  declare cookie: Cookie;

  /** Restarts the lifetime of the cookie, without a store call. */
  touch(): this {
    return this.resetMaxAge();
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge;
    return this;
  }

  /** Writes the session to the store. */
  save(callback?: Callback | null): this {
    invokeStore(this.req.sessionStore!, 'set', [this.id, this], callback || noop);
    return this;
  }

  /** Loads the session again: `req.session` becomes another object. */
  reload(callback: Callback): this {
    const { req } = this;
    const store = req.sessionStore!;
    const hooks = req[HOOKS];
    const loaded = (error: unknown, found?: StoredSessionData): void => {
      if (error) return callback(error);
      if (!found) return callback(new Error('failed to load session'));
      if (hooks === undefined) store.createSession(req, found);
      else hooks.createSession(found);
      callback();
    };
    invokeStore(store, 'get', [this.id], withDeadline(hooks?.storeTimeoutMs ?? null, loaded));
    return this;
  }

  /** Removes the session from the request immediately, then from the store. */
  destroy(callback?: Callback | null): this {
    const store = this.req.sessionStore!;
    delete this.req.session;
    endSession(this.req, this.id, (done) => invokeStore(store, 'destroy', [this.id], done), callback || noop);
    return this;
  }

  /** Sets `req.session` to an empty session with another id; the old id is removed from the store. */
  regenerate(callback: Callback): this {
    const { req } = this;
    const store = req.sessionStore!;
    const replace = (done: Callback): void =>
      typeof store.regenerate === 'function' ? store.regenerate(req, done) : regenerate(store, req, done);
    endSession(req, req.sessionID!, replace, callback);
    return this;
  }
}

/**
 * A function instead of a class, for code that runs `Session.call(this, req)`. `req` needs only `sessionID`
 * and `sessionStore`.
 */
export const Session = function Session(this: Session, req: object, data?: unknown): void {
  Object.defineProperty(this, 'req', { value: req });
  Object.defineProperty(this, 'id', { value: (req as SessionedRequest).sessionID });
  if (typeof data !== 'object' || data === null) return;
  // Names of methods are not data, and `__proto__` must not replace the prototype.
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

/** Destroys the session of a request and generates another one, even if destroying failed. */
export function regenerate(store: StoreMethods, req: SessionedRequest, callback: Callback): void {
  // A second callback, which `invokeStore` ignores, would replace the new session.
  invokeStore(store, 'destroy', [req.sessionID!], (error) => {
    store.generate(req);
    callback(error);
  });
}

/** The methods of an express-session store. `touch` may be missing. */
export interface StoreMethods {
  get(id: string, callback: Callback<StoredSessionData | null>): void;
  set(id: string, session: Session, callback?: Callback): void;
  destroy(id: string, callback?: Callback): void;
  touch?(id: string, session: Session, callback?: Callback): void;
  /** Sets `req.session` to an empty session with a new id. `session()` sets this property. */
  generate(req: SessionedRequest): void;
  regenerate(req: SessionedRequest, callback: Callback): void;
  load(id: string, callback: Callback<Session>): void;
  createSession(req: SessionedRequest, stored: StoredSessionData): Session;
}

/** The result of a store's `get`: data and the cookie's attributes. */
export interface StoredSessionData {
  cookie: { expires?: unknown; originalMaxAge?: number | null; [name: string]: unknown };
  [name: string]: unknown;
}

/** Property of a request for its {@link SessionHooks}. */
export const HOOKS = Symbol('nest-session.hooks');

/** What the middleware does for the methods of a session, while its request runs. */
export interface SessionHooks {
  readonly storeTimeoutMs: number | null;
  /** Sets `req.session` to a session with the data that the store returned. */
  createSession(found: StoredSessionData): void;
  /** Runs `remove` after the running store calls for the session; later ones do not store it again. */
  destroy(id: string, remove: (done: Callback) => void, callback: Callback): void;
  /** Whether the session is being loaded; then `next` is called when the load has ended. */
  joinLoad(next: (error?: unknown) => void): boolean;
}

function endSession(
  req: SessionedRequest,
  id: string,
  remove: (done: Callback) => void,
  callback: Callback,
): void {
  const hooks = req[HOOKS];
  if (hooks === undefined) remove(callback);
  else hooks.destroy(id, remove, callback);
}

function noop(): void {}
