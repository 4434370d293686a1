import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { countsAsActivity } from '../session-activity.decorator.js';
import { operationIn } from './operation.js';
import { operationSocketAt, type OperationSessions } from './operation-socket.js';

/** Reads the session for each GraphQL operation over a WebSocket. It refuses pages of other origins. */
export class OperationGuard implements CanActivate {
  readonly #sessions: OperationSessions;

  constructor(sessions: OperationSessions) {
    this.#sessions = sessions;
  }

  /** Whether it is the guard of this mount. */
  isOf(mount: object): boolean {
    return this.#sessions === mount;
  }

  canActivate(context: ExecutionContext): true | Promise<boolean> {
    if (context.getType<string>() !== 'graphql') return true;
    const graphqlContext = context.getArgByIndex<object>(2);
    const operation = operationIn(graphqlContext);
    if (operation === undefined) return true;
    const isUsed = countsAsActivity(context.getHandler(), context.getClass());
    return operationSocketAt(operation).prepare(this.#sessions, graphqlContext, isUsed);
  }
}
