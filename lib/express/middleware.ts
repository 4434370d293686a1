import type { IncomingMessage, ServerResponse } from 'node:http';
import deprecation from 'depd';
import { newSessionId } from '../core/session-id.js';
import { prepareServerOf } from '../http/node20/prepared-requests.js';
import { isInPath, isSecureByExpress } from '../http/request-facts.js';
import { outsidePromises } from '../http/call-listener.js';
import { Cookie } from '../stores/express-session/cookie.js';
import { idFromRequest } from './cookie-from-request.js';
import { ExpressRequestSession } from './request-session.js';
import type { ExpressRequest } from './express-types.js';
import {
  readExpressOptions,
  type ExpressCookieOptions,
  type ExpressSessionOptions,
  type ResolvedExpressOptions,
} from './express-options.js';
import { expiryOf, reportsExpiry } from '../stores/express-session/expiry-probe.js';
import { askStore, inTime, isMissing } from '../stores/express-session/callback-store.js';
import { SessionWrites } from './session-writes.js';
import { SharedSessions } from './shared-sessions.js';
import { MemoryStore } from './memory-store.js';
import {
  KEEPER,
  Session,
  type Callback,
  type SessionedRequest,
  type StoredSessionData,
} from '../stores/express-session/session.js';
import { Store } from '../stores/express-session/store.js';

/** A middleware of express-session. */
export type ExpressSessionHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Made in the file that the application calls, so that messages name the place in the application. */
const deprecate = deprecation('express-session');

/** Whether warnings for production apply: asked once, when the module is loaded, as express-session does. */
const IN_PRODUCTION = process.env['NODE_ENV'] === 'production';
const MEMORY_WARNING =
  'Warning: connect.session() MemoryStore is not\n' +
  'designed for a production environment, as it will leak\n' +
  'memory, and will not scale past a single process.';

/**
 * express-session's function: the same options, defaults, messages and objects, over this package's gate, cookies and
 * merging.
 *
 * @see parity rules R1 to R30
 */
function createSession(options?: ExpressSessionOptions | null): ExpressSessionHandler {
  const resolved = readExpressOptions(options, deprecate);
  const { store } = resolved;
  if (IN_PRODUCTION && store instanceof MemoryStore) console.warn(MEMORY_WARNING);
  if (typeof store.on !== 'function' && typeof store.get !== 'function')
    throw new TypeError('store.on is not a function');
  const sessions = SharedSessions.of(store);
  store.generate = (req) => (req[GENERATE] ?? ((other) => generate(other, resolved)))(req);
  return (req, res, next) => handle(req, res, next, resolved, sessions);
}

/** Which options a request's new sessions follow: those of the middleware that it passed, whatever the store was told last (W10). */
const GENERATE = Symbol('nest-session.generate');

declare module '../stores/express-session/session.js' {
  interface SessionedRequest {
    [GENERATE]?: (req: SessionedRequest) => void;
  }
}

function handle(
  req: SessionedRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
  options: ResolvedExpressOptions,
  sessions: SharedSessions,
): void {
  prepareServerOf(req);
  if (req.session || !sessions.ready) return next();
  // A socket.io namespace, for example, calls this for a request whose session is being loaded.
  if (req[KEEPER]?.joins(next) === true) return;
  // Not taken apart: for a function that gives nothing the error says what express-session's says (R13).
  const path = cookieOptions(req, options).path;
  if (!isInPath(req, path || '/')) return next();
  const secrets = options.secrets ?? (req.secret ? [req.secret as string] : null);
  if (secrets === null) return next(new Error('secret option required for sessions'));

  req.sessionStore = options.store;
  const { id, byParser } = idFromRequest(req, options.name, secrets);
  if (byParser) deprecate('cookie should be available in req.headers.cookie');
  req.sessionID = id as string;
  const writes = new SessionWrites(options.store, options.storeTimeoutMs);
  const exchange = new ExpressRequestSession({ req, res, next, options, secrets, writes, sentId: id });
  req[KEEPER] = exchange;
  req[GENERATE] = (same) => {
    generate(same, options);
    exchange.trackNew(same.session!);
  };
  // By the method of the store, which an application may have replaced.
  if (id === undefined) {
    options.store.generate(req);
    exchange.begin(false);
    return next();
  }
  load(req, id, options, (error, found) => {
    if (error && !isMissing(error)) return exchange.goOn(error);
    try {
      if (error || !found) options.store.generate(req);
      else exchange.inflate(found);
      exchange.begin(!error && Boolean(found));
    } catch (fault) {
      return exchange.goOn(fault);
    }
    exchange.goOn();
  });
}

/**
 * Loads a session. `loaded` is called once: within this call where the store answers within it, so that the caller of the
 * middleware catches what its `next` throws; else outside of all promises.
 */
function load(
  req: SessionedRequest,
  id: string,
  { store, storeTimeoutMs }: ResolvedExpressOptions,
  loaded: Callback<StoredSessionData>,
): void {
  let isInCall = true;
  let result: Parameters<typeof loaded> | null = null;
  const finish = (...given: Parameters<typeof loaded>): void => {
    if (result !== null) return;
    result = given;
    if (!isInCall) outsidePromises(() => loaded(...given));
  };
  const answered = inTime(storeTimeoutMs, (error, found?: StoredSessionData) => {
    const expiry = error ? null : expiryOf(found?.cookie);
    if (expiry === null || expiry > Date.now()) return finish(error, found);
    // A store that hands out what is over by its own words.
    void reportsExpiry(store, storeTimeoutMs).then((isOver) => finish(null, isOver ? undefined : found));
  });
  try {
    askStore(store, 'get', [id], answered);
  } catch (fault) {
    delete req[KEEPER];
    throw fault;
  }
  isInCall = false;
  if (result !== null) loaded(...(result as Parameters<typeof loaded>));
}

function generate(req: SessionedRequest, options: ResolvedExpressOptions): void {
  const id: unknown = options.genid === null ? newSessionId() : options.genid(req);
  if (typeof id !== 'string' || id === '')
    throw new TypeError('genid option must return a string that is not empty');
  const cookie = new Cookie(cookieOptions(req, options));
  const secure = isSecureByExpress(req, options.proxy);
  if (cookie.secure === 'auto') cookie.secure = secure;
  if (cookie.sameSite === 'auto') cookie.sameSite = secure ? 'none' : 'lax';
  req.sessionID = id;
  const session = new Session(req);
  session.cookie = cookie;
  req.session = session as Session & Record<string, unknown>;
}

function cookieOptions(req: SessionedRequest, { cookie }: ResolvedExpressOptions): ExpressCookieOptions {
  return typeof cookie === 'function' ? cookie(req as unknown as ExpressRequest) : cookie;
}

/** express-session: a function with its parts. */
export const session = Object.assign(createSession, { Store, Cookie, Session, MemoryStore });
