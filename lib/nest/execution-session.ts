import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { UserSession } from '../core/session/user-session.js';
import { SessionError } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import { askSession } from '../http/get-session.js';

/** A request of Node or Express, or one of Fastify. */
type AnyRequest = IncomingMessage | { readonly raw: IncomingMessage };

/** The request of an HTTP or GraphQL handler; `undefined` in any other context. */
export function requestIn(context: ExecutionContext): AnyRequest | undefined {
  const type = context.getType<string>();
  if (type === 'http') return context.switchToHttp().getRequest<IncomingMessage>();
  if (type !== 'graphql') return undefined;
  return context.getArgByIndex<{ req?: IncomingMessage } | undefined>(2)?.req;
}

/** The request of an HTTP or GraphQL handler. Throws `ERR_SESSION_NOT_MOUNTED` in any other context. */
export function requestOf(context: ExecutionContext): AnyRequest {
  const request = requestIn(context);
  if (request !== undefined) return request;
  const type = context.getType<string>();
  throw new SessionError(
    'ERR_SESSION_NOT_MOUNTED',
    `The session cannot be read in a context of type "${type}" without an HTTP request. ` +
      (type === 'graphql'
        ? 'Put the request into the GraphQL context as req.'
        : 'Use it in HTTP and GraphQL handlers.'),
  );
}

/**
 * The session of a handler's request; `undefined` after `destroy()`. A promise where it must be loaded first.
 */
export const sessionOf = (context: ExecutionContext, name?: string): Awaitable<UserSession | undefined> =>
  askSession(requestOf(context), name);
