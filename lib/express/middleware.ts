import type { IncomingMessage, ServerResponse } from 'node:http';
import deprecation from 'depd';
import { newSessionId } from '../core/session-id.js';
import { prepareServerOf } from '../http/node20/prepared-requests.js';
import { isInPath, isSecureRequest } from '../http/request-facts.js';
import { Cookie } from '../stores/express-session/cookie.js';
import { idFromRequest } from './cookie-from-request.js';
import type { MiddlewareCall } from './end-facts.js';
import { ExpressRequestSession } from './request-session.js';
import type { ExpressRequest } from './express-types.js';
import {
  readExpressOptions,
  type ExpressCookieOptions,
  type ExpressSessionOptions,
  type ResolvedExpressOptions,
} from './express-options.js';
import { SessionWrites } from './session-writes.js';
import { SharedSessions } from './shared-sessions.js';
import { MemoryStore } from './memory-store.js';
import { HOOKS, Session, type SessionedRequest } from '../stores/express-session/session.js';
import { Store } from '../stores/express-session/store.js';

/** The middleware that `session()` returns. */
export type ExpressSessionHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Created in the file that the application calls, so that messages name the call site (A13). */
const deprecate = deprecation('express-session');

/** Read once, when the module is loaded (R10). */
const IN_PRODUCTION = process.env['NODE_ENV'] === 'production';
const MEMORY_WARNING =
  'Warning: connect.session() MemoryStore is not\n' +
  'designed for a production environment, as it will leak\n' +
  'memory, and will not scale past a single process.';

/**
 * express-session's function: the same options, defaults, messages and objects, with the response gate,
 * cookies and merging of this package.
 *
 * @see parity rules R1 to R30
 */
function createSession(input?: ExpressSessionOptions | null): ExpressSessionHandler {
  const options = readExpressOptions(input, deprecate);
  const { store } = options;
  if (IN_PRODUCTION && store instanceof MemoryStore) console.warn(MEMORY_WARNING);
  if (typeof store.on !== 'function' && typeof store.get !== 'function')
    throw new TypeError('store.on is not a function');
  const sessions = SharedSessions.of(store);
  store.generate = (req) => (req[GENERATE] ?? ((other) => generate(other, options)))(req);
  return (req: SessionedRequest, res, next) => {
    prepareServerOf(req);
    if (req.session || !sessions.isConnected) return next();
    // A socket.io namespace, for example, calls the middleware for a request whose session is being loaded.
    if (req[HOOKS]?.joinLoad(next) === true) return;
    // Not destructured, so that the error for a missing result is that of express-session (R13).
    const path = cookieOptions(req, options).path;
    if (!isInPath(req, path || '/')) return next();
    const secrets = options.secrets ?? (req.secret ? [req.secret as string] : null);
    if (secrets === null) return next(new Error('secret option required for sessions'));
    openSession({ req, res, next, options, secrets });
  };
}

/** Generates a request's sessions by the options of its middleware, also if others share the store (W10). */
const GENERATE = Symbol('nest-session.generate');

declare module '../stores/express-session/session.js' {
  interface SessionedRequest {
    [GENERATE]?: (req: SessionedRequest) => void;
  }
}

function openSession(call: Omit<MiddlewareCall, 'writes' | 'sentId'>): void {
  const { req, options } = call;
  req.sessionStore = options.store;
  const { id, isFromParser } = idFromRequest(req, options.name, call.secrets);
  if (isFromParser) deprecate('cookie should be available in req.headers.cookie');
  req.sessionID = id as string;
  const writes = new SessionWrites(options.store, options.storeTimeoutMs);
  const session = new ExpressRequestSession({ ...call, writes, sentId: id });
  req[HOOKS] = session;
  req[GENERATE] = (same) => {
    generate(same, options);
    session.trackNew(same.session!);
  };
  session.open();
}

function generate(req: SessionedRequest, options: ResolvedExpressOptions): void {
  const id: unknown = options.genid === null ? newSessionId() : options.genid(req);
  if (typeof id !== 'string' || id === '')
    throw new TypeError('genid option must return a string that is not empty');
  const cookie = new Cookie(cookieOptions(req, options));
  const secure = isSecureRequest(req, options.proxy, { ignoresProtocol: true });
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

/** express-session's function with its properties. */
export const session = Object.assign(createSession, { Store, Cookie, Session, MemoryStore });
