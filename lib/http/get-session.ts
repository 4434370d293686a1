import type { IncomingMessage } from 'node:http';
import { SessionError } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import type { SessionData, UserSession } from '../core/session/user-session.js';
import { whenMounted } from './session-mounting.js';
import { ATTACHED, awaitSession, DEFAULT_SESSION, findSession, isMounted } from './request-properties.js';

/**
 * The session of a request: of Express, Fastify or `node:http`.
 *
 * *Shape*: `undefined` once the request has destroyed its session.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for this request.
 */
export function getSession<T extends object = SessionData>(
  request: IncomingMessage | { readonly raw: IncomingMessage },
  name: string = DEFAULT_SESSION,
): UserSession<T> | undefined {
  const raw = rawRequestOf(request);
  if (!isMounted(raw, name)) throw notMounted(name);
  return findSession(raw, name) as UserSession<T> | undefined;
}

/**
 * As {@link getSession}, and loads the session first if the option `load` is `'lazy'` and it is not loaded
 * yet.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED`; `ERR_SESSION_STORE` if the store fails.
 */
export async function loadSession<T extends object = SessionData>(
  request: IncomingMessage | { readonly raw: IncomingMessage },
  name: string = DEFAULT_SESSION,
): Promise<UserSession<T> | undefined> {
  await whenMounted(rawRequestOf(request), name);
  return (await askSession(request, name)) as UserSession<T> | undefined;
}

/** As {@link loadSession}, synchronously if the session is loaded. */
export function askSession(
  request: IncomingMessage | { readonly raw: IncomingMessage },
  name: string = DEFAULT_SESSION,
): Awaitable<UserSession | undefined> {
  const raw = rawRequestOf(request);
  if (!isMounted(raw, name)) throw notMounted(name);
  return awaitSession(raw, name);
}

/**
 * The raw request below one of Fastify's. A request of Node or Express may have a property `raw` of its own.
 */
export function rawRequestOf(request: IncomingMessage | { readonly raw: IncomingMessage }): IncomingMessage {
  if (ATTACHED in request) return request as IncomingMessage;
  const { raw } = request as { readonly raw?: unknown };
  const isRequest = typeof raw === 'object' && raw !== null && ATTACHED in raw;
  return (isRequest ? raw : request) as IncomingMessage;
}

function notMounted(name: string): SessionError {
  const which =
    name === DEFAULT_SESSION
      ? 'SessionModule.forRoot({ ... })'
      : `SessionModule.forRoot({ sessionName: ${JSON.stringify(name)}, ... })`;
  return new SessionError(
    'ERR_SESSION_NOT_MOUNTED',
    `No session middleware ran for this request. Import ${which} in your root module, and check that its forRoutes, exclude and cookie.path cover this route.`,
  );
}
