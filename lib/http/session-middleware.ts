import type { IncomingMessage, ServerResponse } from 'node:http';
import { seconds } from '../core/util/clock.js';
import { isStoreFailure } from '../core/errors.js';
import { ExpirySweep } from '../core/registry/expiry-sweep.js';
import { memoryWarning } from './describe-event.js';
import { statusOf } from './response/error-response.js';
import { resolveSessionOptions } from './resolve-options.js';
import { RETRY_AFTER, type Next } from './handler-hooks.js';
import { PROCESS_WARNINGS } from './event-reporter.js';
import { SessionHandler } from './session-handler.js';
import { checkSessionName } from './check-options.js';
import { DEFAULT_SESSION } from './request-properties.js';
import { reporterOf } from './session-notices.js';
import { isOptions, type SessionOptions } from './session-options.js';

/** Options of {@link sessionMiddleware}. */
export interface SessionMiddlewareOptions extends SessionOptions {
  /**
   * Name of a further session beside the default one. Read it with `getSession(req, 'admin')`, or in Nest
   * with `@Session({ name: 'admin' })`; it is not at `req.session`. Give each session its own cookie `name`.
   *
   * The name is part of the signing key: a cookie value of another session is not valid here, also where both
   * share secret and store. A changed name ends all sessions of the old name. At most 128 characters.
   */
  readonly sessionName?: string | undefined;
}

/**
 * A session middleware for Express, for plain `node:http` with a function as `next`, and for sockets.
 *
 * Only `http.ServerResponse`, `http2.Http2ServerResponse` and their subclasses wait for the commit. Any other
 * `res` is accepted, such as `{}` or the response of a WebSocket handshake. An object with `writeHead` gets
 * its `Set-Cookie` within `writeHead`, and the commit runs concurrently. An object without `writeHead` is not
 * changed.
 */
export interface SessionMiddleware {
  (req: IncomingMessage, res: object, next: Next): void;
  /** Stops the sweeps and waits for pending commits, at most 10 seconds. It does not close the store. */
  close(): Promise<void>;
}

/**
 * Sessions for Express and plain `node:http`: the same options and guarantees as the Nest module.
 *
 * `next` receives an error when the session cannot be loaded. It also receives an error when the commit fails
 * after the application has written its response: no byte of that response was sent, and an error response
 * replaces it. The error has `status` and `statusCode` (503, 500, or 429 for a refused
 * login), `expose: false`, `headers` with
 * `Retry-After` for a 503, and `cause`.
 *
 * On a socket (socket.io, `ws`, primus) there is no commit after the handshake: call `await session.save()`
 * to store changes. `save()` of a new session and `regenerate()` reject with `ERR_SESSION_SENT`, because no
 * cookie can be sent any more. Create the session in an HTTP request. `await session.reload()` reads what
 * HTTP requests have changed since the handshake.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` when an option is missing, unknown or contradicts another. An
 * error that `next` throws reaches the caller. With a store that returns promises it is an uncaught
 * exception.
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
 * // Or in the listener of each connection.
 * io.use((socket, next) => session(socket.request, {}, (error) => next(error as Error | undefined)));
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
  const { warn } = PROCESS_WARNINGS;
  const events = reporterOf(resolved, sessionName ?? DEFAULT_SESSION, PROCESS_WARNINGS);
  const handler = new SessionHandler(resolved, {
    sessionName,
    events,
    // The event store-down reports an outage once, instead of each request.
    report: (error) =>
      isStoreFailure(error) ||
      warn(
        `A session was not saved after its response had begun: ${error instanceof Error ? error.message : 'unknown error'}`,
      ),
    answer: (error, { next }) => {
      next(asHttpError(error));
      return true;
    },
  });
  const memory = memoryWarning(resolved.givenStore);
  if (memory !== null) warn(memory);
  const { store, clock, sweepEveryMs: everyMs } = resolved;
  const name = sessionName ?? DEFAULT_SESSION;
  const sweeps = ExpirySweep.of({ store, clock, everyMs, sessionName: name, sink: events });
  sweeps?.start();
  return Object.assign(
    (req: IncomingMessage, res: object, next: Next) => handler.handle(req, res as ServerResponse, next),
    {
      close: async () => {
        await Promise.all([sweeps?.stop(), handler.settled(seconds(10))]);
      },
    },
  );
}

/** An error for which Express and similar frameworks respond with its status and without its message. */
function asHttpError(cause: unknown): Error {
  const status = statusOf(cause);
  const message = cause instanceof Error ? cause.message : 'The session failed.';
  const retry = status === 503 ? { headers: Object.fromEntries([RETRY_AFTER]) } : {};
  return Object.assign(new Error(message, { cause }), {
    status,
    statusCode: status,
    expose: false,
    ...retry,
  });
}
