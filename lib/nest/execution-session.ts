import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import type { UserSession } from '../core/session/user-session.js';
import { SessionError } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import { askSession } from '../http/get-session.js';
import { countsAsActivity } from './session-activity.decorator.js';
import { socketOf } from './sockets/bound-socket.js';
import { operationSocketOf } from './subscriptions/operation-socket.js';

/** A request of Node or Express, or one of Fastify. */
type AnyRequest = IncomingMessage | { readonly raw: IncomingMessage };

/**
 * The request of an HTTP or GraphQL handler, or the handshake of a gateway's client; `undefined` in any other
 * context.
 */
export function requestIn(context: ExecutionContext): AnyRequest | undefined {
  const type = context.getType<string>();
  if (type === 'http') return context.switchToHttp().getRequest<IncomingMessage>();
  if (type === 'ws') return socketOf(context.switchToWs().getClient())?.request;
  if (type !== 'graphql') return undefined;
  const graphqlContext = context.getArgByIndex<{ req?: IncomingMessage } | undefined>(2);
  return operationSocketOf(graphqlContext)?.request ?? graphqlContext?.req;
}

/** The same. Throws `ERR_SESSION_NOT_MOUNTED` where there is none. */
export function requestOf(context: ExecutionContext): AnyRequest {
  const request = requestIn(context);
  if (request !== undefined) return request;
  const type = context.getType<string>();
  throw new SessionError(
    'ERR_SESSION_NOT_MOUNTED',
    `The session cannot be read in a context of type "${type}" without an HTTP request. ` +
      (REMEDIES[type] ?? 'Use it in HTTP and GraphQL handlers, and in gateways.'),
  );
}

const REMEDIES: Readonly<Record<string, string>> = {
  graphql: 'Put the request into the GraphQL context as req.',
  ws:
    'Import SessionModule.forRoot({ ... }) into the application of the gateway, and use an adapter whose clients ' +
    'have a request, such as IoAdapter and WsAdapter.',
  rpc:
    'Pass session.principal and session.handle in the message, inject SessionRegistry, and read ' +
    'registry.sessionSnapshot(principal, handle) there.',
};

/**
 * The session of a handler's request; `undefined` after `destroy()`. A promise where it must be loaded first.
 * `fresh` reads that of a socket again.
 */
export function sessionOf(
  context: ExecutionContext,
  name?: string,
  fresh = false,
): Awaitable<UserSession | undefined> {
  if (context.getType<string>() === 'ws') {
    const socket = socketOf(context.switchToWs().getClient());
    const isUsed = countsAsActivity(context.getHandler(), context.getClass());
    if (socket !== undefined) return socket.session(name, { fresh, isUsed });
  }
  return askSession(requestOf(context), name);
}
