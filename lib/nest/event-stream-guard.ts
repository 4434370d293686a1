import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { chain, type Awaitable } from '../core/util/awaitable.js';
import type { ConnectionSessions } from '../http/connection-sessions.js';
import { endWithSession } from '../http/event-stream.js';
import { rawRequestOf } from '../http/get-session.js';
import { attachedOf } from '../http/request-properties.js';
import { isNodeResponse } from '../http/response/ungated-response.js';
import { requestOf } from './execution-session.js';
import { activityOf } from './session-activity.decorator.js';

/** Metadata key of Nest's `@Sse()`, which Nest does not export. */
const SSE = '__sse__';

/** Whether a handler has `@Sse()`. */
export const isEventStream = (handler: object): boolean => Reflect.getMetadata(SSE, handler) === true;

/** Ends the event streams of handlers with `@Sse()` when their session ends. It refuses no request. */
export class EventStreamGuard implements CanActivate {
  readonly #mount: { readonly connections: ConnectionSessions };

  constructor(mount: { readonly connections: ConnectionSessions }) {
    this.#mount = mount;
  }

  /** Whether it is the guard of this mount. */
  isOf(mount: object): boolean {
    return this.#mount === mount;
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (context.getType() !== 'http' || !isEventStream(context.getHandler())) return true;
    return chain(this.#watch(context), () => true as const);
  }

  #watch(context: ExecutionContext): Awaitable<void> {
    const sessions = this.#mount.connections;
    const attached = attachedOf(rawRequestOf(requestOf(context)), sessions.name);
    const response = context.switchToHttp().getResponse<ServerResponse | { readonly raw: ServerResponse }>();
    const res = 'raw' in response ? response.raw : response;
    if (attached === undefined || !isNodeResponse(res)) return undefined;
    const activity = activityOf(context.getHandler()) ?? activityOf(context.getClass());
    return chain(attached.load(), () =>
      endWithSession({ res, attached, sessions, keepsAlive: activity === true }),
    );
  }
}
