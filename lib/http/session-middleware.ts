import type { IncomingMessage, ServerResponse } from 'node:http';
import { seconds } from '../core/util/clock.js';
import { isStoreFailure, type SessionEvent } from '../core/errors.js';
import { SweepTimer } from '../core/store/sweep-timer.js';
import { describeEvent, memoryWarning } from './describe-event.js';
import { statusOf } from './response/error-response.js';
import { resolveSessionOptions } from './resolve-options.js';
import type { Next } from './handler-hooks.js';
import { SessionHandler } from './session-handler.js';
import { checkSessionName } from './check-options.js';
import { isOptions, type SessionOptions } from './session-options.js';

/** Options of {@link sessionMiddleware}. */
export interface SessionMiddlewareOptions extends SessionOptions {
  /**
   * Puts this session beside the default one: `getSession(req, 'admin')`. It is not at `req.session`. Give each its own
   * cookie `name`.
   *
   * Its cookies are signed for this name: a cookie value of another session is not valid here, also where both share secret
   * and store. Another name ends the sessions. At most 128 characters.
   */
  readonly sessionName?: string | undefined;
}

/**
 * A session middleware for Express, for plain `node:http` with a `next` of its own, and for sockets.
 *
 * Only `http.ServerResponse`, `http2.Http2ServerResponse` and their subclasses wait for the session to be stored. Any
 * other `res` is accepted, such as `{}` or the response of a WebSocket handshake. One with `writeHead` gets its
 * `Set-Cookie` within `writeHead`, while the commit runs beside it. One without `writeHead` is left as it is.
 */
export interface SessionMiddleware {
  (req: IncomingMessage, res: object, next: Next): void;
  /** Stops sweeping and waits for the saves under way, 10 seconds at most. The store is closed by whoever made it. */
  close(): Promise<void>;
}

/**
 * Sessions for Express and plain `node:http`: the same options and guarantees as the Nest module.
 *
 * `next` is called with an error when the session cannot be loaded, and also when it cannot be saved after the
 * application has answered: nothing of that answer has left then, and whatever is answered instead goes out as a
 * failure. The error carries `status` and `statusCode` (503 or 500), `expose: false`, and the fault itself as `cause`.
 *
 * On a socket (socket.io, `ws`, primus) nothing is stored by itself after the handshake: `await session.save()` stores
 * what a socket has changed. It rejects with `ERR_SESSION_SENT` for a new session, and so does `regenerate()`, because no
 * cookie can be sent any more: create the session by an HTTP request. `await session.reload()` reads what HTTP requests
 * have changed since the handshake.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` when an option is missing, unknown or contradicts another. What `next` throws
 * is for the caller; with a store that responds later it is an uncaught exception.
 * @example
 * ```ts
 * import { sessionMiddleware } from 'nest-session/http';
 *
 * app.use(sessionMiddleware({ secret: process.env.SESSION_SECRET! }));
 * ```
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { sessionMiddleware } from 'nest-session/http';
 * import { Server } from 'socket.io';
 * import { WebSocketServer } from 'ws';
 *
 * const session = sessionMiddleware({ secret });
 * const server = createServer(app);
 * const io = new Server(server);
 * io.engine.use(session); // socket.io: each request and each handshake
 * io.use((socket, next) => session(socket.request, {}, (error) => next(error as Error | undefined))); // or each connection
 *
 * const sockets = new WebSocketServer({ noServer: true });
 * server.on('upgrade', (req, socket, head) => {
 *   session(req, {}, (error) => {
 *     if (error) socket.destroy();
 *     else sockets.handleUpgrade(req, socket, head, (opened) => sockets.emit('connection', opened, req));
 *   });
 * });
 * ```
 */
export function sessionMiddleware(options: SessionMiddlewareOptions): SessionMiddleware {
  const { sessionName, ...runtime } = isOptions(options) ? options : ({} as SessionMiddlewareOptions);
  checkSessionName(sessionName);
  const resolved = resolveSessionOptions(isOptions(options) ? runtime : options);
  const warn = (message: string): void => process.emitWarning(message, 'SessionWarning');
  const handler = new SessionHandler(resolved, {
    sessionName,
    warn,
    log: (event) => warn(describeEvent(event) + causeOf(event)),
    // An outage is told by its event.
    report: (error) =>
      isStoreFailure(error) ||
      warn(
        `A session was not saved, and its answer was under way: ${error instanceof Error ? error.message : 'unknown fault'}`,
      ),
    answer: (error, { next }) => {
      next(asHttpError(error));
      return true;
    },
  });
  const memory = memoryWarning(resolved.store);
  if (memory !== null) warn(memory);
  const { store, clock, sweepEveryMs } = resolved;
  const sweeps = SweepTimer.of(store, clock, sweepEveryMs, (event) => handler.emit(event));
  sweeps?.start();
  return Object.assign(
    (req: IncomingMessage, res: object, next: Next) => handler.handle(req, res as ServerResponse, next),
    {
      close: () => {
        sweeps?.stop();
        return handler.settled(seconds(10));
      },
    },
  );
}

/** What the store said, for the log. */
function causeOf(event: SessionEvent): string {
  if (event.type !== 'store-down' && event.type !== 'sweep-failed') return '';
  const { cause, message } = event.error;
  return ` (${cause instanceof Error ? cause.message : message})`;
}

/** An error that Express and its like answer with the right status and without its message. */
function asHttpError(cause: unknown): Error {
  const status = statusOf(cause);
  const message = cause instanceof Error ? cause.message : 'The session failed.';
  const retry = status === 503 ? { headers: { 'Retry-After': '1' } } : {};
  return Object.assign(new Error(message, { cause }), {
    status,
    statusCode: status,
    expose: false,
    ...retry,
  });
}
