import { createParamDecorator, Inject } from '@nestjs/common';
import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import { chain } from '../core/util/awaitable.js';
import type { UserSession } from '../core/session/user-session.js';
import { sessionOf } from './execution-session.js';
import { readsSession } from './session-readers.js';
import {
  getCurrentSessionToken,
  getSessionRegistryToken,
  getSessionStoreToken,
} from './session.constants.js';
import { valueAt, type SessionPath } from './session-path.js';

/** A pipe, as instance or class. */
export type SessionPipe = Type<PipeTransform> | PipeTransform;

/** The session and the path that `@Session()` reads. */
export interface SessionQuery {
  /** The `sessionName`; without it, the default session. */
  readonly name?: string;
  /** A dotted path to one value of the session. */
  readonly path?: string;
  /**
   * In a gateway: reads the session again for this message, from the store. Without it, the session is as at
   * the handshake, or as the last read or save has left it. Changes that were not saved stay. In a request,
   * which has read its session just now, it has no effect.
   */
  readonly fresh?: boolean;
}

/** The type of {@link Session}. */
export interface SessionDecorator {
  (...pipes: SessionPipe[]): ParameterDecorator;
  (path: SessionPath, ...pipes: SessionPipe[]): ParameterDecorator;
  (query: SessionQuery, ...pipes: SessionPipe[]): ParameterDecorator;
}

/**
 * Passes the session to a handler: `@Session() session: UserSession`. With a path, it passes one value,
 * through pipes if given: `@Session('user.id', ParseIntPipe) id: number`. With a name, it passes a named
 * session: `@Session({ name: 'admin' })`.
 *
 * *Shape*: `undefined` after `destroy()`, or when there is no value at the path.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for the request.
 */
export const Session: SessionDecorator = createParamDecorator(
  readsSession((data: unknown, context: ExecutionContext): unknown => {
    const { name, path, fresh }: SessionQuery =
      typeof data === 'string' ? { path: data } : ((data as SessionQuery | undefined) ?? {});
    return chain<UserSession | undefined, unknown>(sessionOf(context, name, fresh), (session) =>
      session === undefined || path === undefined ? session : valueAt(session, path),
    );
  }),
) as SessionDecorator;

/**
 * Passes the id of the session to a handler. The id is the secret in the cookie: never log or show it.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for the request.
 */
export const SessionId: (query?: Pick<SessionQuery, 'name'>) => ParameterDecorator = createParamDecorator(
  readsSession((data: unknown, context: ExecutionContext): unknown =>
    chain(sessionOf(context, (data as SessionQuery | undefined)?.name), (session) => session?.id),
  ),
);

/**
 * Passes the principal of the session to a handler: the user that `session.login()` or the option `principal`
 * has bound to it. `@CurrentPrincipal({ name: 'admin' })` reads a named session.
 *
 * *Shape*: text; `null` for an anonymous session, and after `destroy()`.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for the request.
 */
export const CurrentPrincipal: (query?: Pick<SessionQuery, 'name'>) => ParameterDecorator =
  createParamDecorator(
    readsSession((data: unknown, context: ExecutionContext): unknown =>
      chain(
        sessionOf(context, (data as SessionQuery | undefined)?.name),
        (session) => session?.principal ?? null,
      ),
    ),
  );

/**
 * Injects the store of a module: `@InjectSessionStore() store: SessionStore`, or
 * `@InjectSessionStore('admin')` for a named session.
 */
export function InjectSessionStore(sessionName?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getSessionStoreToken(sessionName));
}

/**
 * Injects the {@link CurrentSession} of a named session:
 * `@InjectCurrentSession('admin') current: CurrentSession`. For the default session, the type of the parameter
 * is enough.
 */
export function InjectCurrentSession(sessionName?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getCurrentSessionToken(sessionName));
}

/**
 * Injects the registry of a module: `@InjectSessionRegistry() registry: SessionRegistry`, or
 * `@InjectSessionRegistry('admin')` for a named session. For the default session, the type of the parameter
 * is enough.
 */
export function InjectSessionRegistry(sessionName?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getSessionRegistryToken(sessionName));
}
