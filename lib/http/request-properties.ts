import type { IncomingMessage } from 'node:http';
import type { Awaitable } from '../core/util/awaitable.js';
import type { OpenSession } from '../core/session/open-session.js';
import type { RequestContext } from '../core/session/request-context.js';
import { SessionError } from '../core/errors.js';
import type { SessionStore } from '../core/store/session-store.js';
import type { UserSession } from '../core/session/user-session.js';

/** The name of the session at `req.session`. */
export const DEFAULT_SESSION = 'default';

/** A session of a request. */
export interface AttachedSession extends RequestContext {
  readonly name: string;
  /** Made when it is first read. */
  readonly opened: OpenSession;
  readonly store: SessionStore;
  /** `claimed` while it is loaded; a {@link Mounting} if other calls wait; `accessed` once it was read. */
  stage: 'claimed' | Mounting | 'mounted' | 'accessed';
  /** `undefined` until a guard has set it. */
  isPassive: boolean | undefined;
  /** Loads a session that the option `load: 'lazy'` has not loaded yet. */
  load(): Awaitable<void>;
  /**
   * What the application reads: the session, or `undefined` where the request has released or destroyed it.
   * @throws SessionError `ERR_SESSION_NOT_LOADED` if it must be loaded first and the store is asynchronous.
   */
  read(): UserSession | undefined;
  /** The same, after {@link load}. */
  readLoaded(): Awaitable<UserSession | undefined>;
  /** Releases the session, as `req.session = null` does. */
  release(): void;
}

/** A claimed session that other calls of the middleware wait for. The promise rejects if the load fails. */
export interface Mounting {
  readonly mounted: Promise<void>;
  readonly settle: (failure?: { readonly error: unknown }) => void;
}

/**
 * The property of a request that holds its sessions. It exists once {@link reserveSession} was called, or a
 * session middleware has run.
 */
export const ATTACHED = Symbol.for('nest-session.attached');

/** A request with a place for sessions. */
export interface RequestWithSessions extends IncomingMessage {
  [ATTACHED]?: readonly AttachedSession[] | undefined;
  session?: unknown;
}

/** The session of this name that a request has, mounted or not. */
export function attachedOf(req: IncomingMessage, name: string): AttachedSession | undefined {
  const sessions = (req as RequestWithSessions)[ATTACHED];
  if (sessions !== undefined) for (const session of sessions) if (session.name === name) return session;
  return undefined;
}

const isMountedSession = (session: AttachedSession | undefined): session is AttachedSession =>
  session?.stage === 'accessed' || session?.stage === 'mounted';

/**
 * Defines `req.session`, `req.sessionID` and `req.sessionStore` for the default session. `req.session` is not
 * enumerable if reading it can throw because the session is not loaded: loggers and `{ ...req }` read all
 * enumerable properties.
 */
export function defineProperties(req: IncomingMessage, session: AttachedSession, isLazy: boolean): void {
  if (session.name !== DEFAULT_SESSION) return;
  const place = Object.getOwnPropertyDescriptor(req, 'session');
  if (place?.get === SESSION.get) {
    if (isLazy && place?.enumerable === true) Object.defineProperty(req, 'session', { enumerable: false });
    return;
  }
  if ((req as RequestWithSessions).session) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      'req.session is taken by another session middleware. Remove it, or give this one a sessionName of its own.',
    );
  }
  definePlaces(req, isLazy);
}

/** Defines the properties of sessions before any middleware has run. Until then they read as `undefined`. */
export function reserveSession(req: IncomingMessage): void {
  const request = req as RequestWithSessions;
  if (ATTACHED in request) return;
  request[ATTACHED] = undefined;
  definePlaces(request, false);
}

function definePlaces(req: IncomingMessage, isLazy: boolean): void {
  // One by one: `Object.defineProperties` is slower.
  Object.defineProperty(req, 'session', isLazy ? LAZY_SESSION : SESSION);
  Object.defineProperty(req, 'sessionID', SESSION_ID);
  Object.defineProperty(req, 'sessionStore', SESSION_STORE);
}

/**
 * The session of this name that a request has; `undefined` if no middleware has mounted one.
 *
 * @throws SessionError `ERR_SESSION_NOT_LOADED` if it must be loaded first and the store is asynchronous.
 */
export function findSession(req: IncomingMessage, name: string): UserSession | undefined {
  const attached = attachedOf(req, name);
  return isMountedSession(attached) ? attached.read() : undefined;
}

/** As {@link findSession}, and loads the session first if it is not loaded yet. */
export function awaitSession(req: IncomingMessage, name: string): Awaitable<UserSession | undefined> {
  const attached = attachedOf(req, name);
  return isMountedSession(attached) ? attached.readLoaded() : undefined;
}

/** Whether a session middleware of this name has run for the request. */
export function isMounted(req: IncomingMessage, name: string): boolean {
  return isMountedSession(attachedOf(req, name));
}

type Accessor = PropertyDescriptor & ThisType<RequestWithSessions>;

/**
 * An accessor that all requests share, so that none is made per request. Without a mounted session the
 * property is like any other: it can be assigned.
 */
function place(
  name: string,
  get: (attached: AttachedSession) => unknown,
  set: (attached: AttachedSession, value: unknown) => void,
): Accessor {
  return {
    get() {
      const attached = attachedOf(this, DEFAULT_SESSION);
      if (isMountedSession(attached)) return get(attached);
      // Reads the prototype chain: a framework may have changed the prototype of the request.
      const above = prototypeOf(this);
      return above === null ? undefined : (Reflect.get(above, name, this) as unknown);
    },
    set(value: unknown) {
      const attached = attachedOf(this, DEFAULT_SESSION);
      if (isMountedSession(attached)) return set(attached, value);
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
    enumerable: name === 'session',
    configurable: true,
  };
}

/** The first prototype without sessions. An object that inherits from a request may have its own ones. */
function prototypeOf(req: object): object | null {
  let holder: object | null = req;
  const up = (): void => void (holder = Object.getPrototypeOf(holder) as object | null);
  while (holder !== null && !Object.hasOwn(holder, ATTACHED)) up();
  while (holder !== null && Object.hasOwn(holder, ATTACHED)) up();
  return holder;
}

const SESSION = place(
  'session',
  (attached) => attached.read(),
  (attached, value) => {
    if (value == null) return attached.release();
    if (value === load(attached).opened.session) return;
    throw new SessionError(
      'ERR_SESSION_NAME',
      'req.session cannot be replaced. Assign its attributes, call req.session.regenerate() for an empty session, or set it to null to release it.',
    );
  },
);

const LAZY_SESSION: typeof SESSION = { ...SESSION, enumerable: false };

/** The id is made on first read. */
const SESSION_ID = place('sessionID', (attached) => load(attached).opened.id, notReplaced('sessionID'));
const SESSION_STORE = place('sessionStore', (attached) => attached.store, notReplaced('sessionStore'));

/** Loads a session that is read, released or not. */
function load(attached: AttachedSession): AttachedSession {
  attached.stage = 'accessed';
  const loading = attached.load();
  if (loading !== undefined) throw notLoaded(loading);
  return attached;
}

/** The error for code that reads a session while it is loaded. */
export function notLoaded(loading: Promise<void>): SessionError {
  loading.catch(() => undefined);
  return new SessionError(
    'ERR_SESSION_NOT_LOADED',
    "The session was not loaded yet: the option load is 'lazy'. Use @Session() or a SessionGuard, or await loadSession(request) first.",
  );
}

function notReplaced(name: string): () => never {
  return () => {
    throw new SessionError('ERR_SESSION_NAME', `req.${name} cannot be replaced.`);
  };
}
