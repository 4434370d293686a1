import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { chain } from '../core/util/awaitable.js';
import type { UserSession } from '../core/session/user-session.js';
import { sessionOf } from './execution-session.js';
import { valueAt, type SessionPath } from './session-path.js';

/** A pipe, as instance or class. */
export type SessionPipe = Type<PipeTransform> | PipeTransform;

/** Which session, and what of it. */
export interface SessionQuery {
  /** The `sessionName` of another session than the default one. */
  readonly name?: string;
  /** A dotted path into it. */
  readonly path?: string;
}

/** The shape of {@link Session}. */
export interface SessionDecorator {
  (...pipes: SessionPipe[]): ParameterDecorator;
  (path: SessionPath, ...pipes: SessionPipe[]): ParameterDecorator;
  (query: SessionQuery, ...pipes: SessionPipe[]): ParameterDecorator;
}

/**
 * Hands the session to a controller: `@Session() session: UserSession`. With a path, one value of it, through pipes if
 * given: `@Session('user.id', ParseIntPipe) id: number`. With a name, another session than the default one:
 * `@Session({ name: 'admin' })`.
 *
 * *Shape*: `undefined` once the session was destroyed, or where the path leads nowhere.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for the request.
 */
export const Session: SessionDecorator = createParamDecorator(
  (data: unknown, context: ExecutionContext): unknown => {
    const { name, path }: SessionQuery =
      typeof data === 'string' ? { path: data } : ((data as SessionQuery | undefined) ?? {});
    return chain<UserSession | undefined, unknown>(sessionOf(context, name), (session) =>
      session === undefined || path === undefined ? session : valueAt(session, path),
    );
  },
) as SessionDecorator;

/**
 * Hands the id of the session to a controller. It is what the browser's cookie holds: never log or show it.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for the request.
 */
export const SessionId: (query?: Pick<SessionQuery, 'name'>) => ParameterDecorator = createParamDecorator(
  (data: unknown, context: ExecutionContext): unknown =>
    chain(sessionOf(context, (data as SessionQuery | undefined)?.name), (session) => session?.id),
);
