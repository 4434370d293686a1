import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { UserSession } from '../core/session/user-session.js';
import { SessionError } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import { askSession } from '../http/get-session.js';

/** The request of an HTTP or GraphQL handler. Throws `ERR_SESSION_NOT_MOUNTED` in any other context. */
export function requestOf(context: ExecutionContext): IncomingMessage | { readonly raw: IncomingMessage } {
  const type = context.getType<string>();
  const request =
    type === 'http'
      ? context.switchToHttp().getRequest<IncomingMessage>()
      : type === 'graphql'
        ? context.getArgByIndex<{ req?: IncomingMessage } | undefined>(2)?.req
        : undefined;
  if (request !== undefined) return request;
  throw new SessionError(
    'ERR_SESSION_NOT_MOUNTED',
    `The session cannot be read in a context of type "${type}" without an HTTP request. ` +
      (type === 'graphql'
        ? 'Put the request into the GraphQL context as req.'
        : 'Use it in HTTP and GraphQL handlers.'),
  );
}

/** The session of a handler's request; `undefined` after `destroy()`. A promise where it must be loaded first. */
export const sessionOf = (context: ExecutionContext, name?: string): Awaitable<UserSession | undefined> =>
  askSession(requestOf(context), name);
