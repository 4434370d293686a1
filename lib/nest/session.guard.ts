import {
  Inject,
  Injectable,
  ServiceUnavailableException,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { chain } from '../core/util/awaitable.js';
import type { UserSession } from '../core/session/user-session.js';
import { getSession } from '../http/get-session.js';
import { requestOf, sessionOf } from './execution-session.js';
import type { SessionRequirement } from './require-session.decorator.js';
import { valueAt } from './session-path.js';
import { SESSION_REQUIREMENT } from './session.constants.js';

const A_SESSION: SessionRequirement = { required: true, conditions: [], name: undefined };

/**
 * Lets a request pass only with a session that a store holds and that meets what `@RequireSession` demands; answers
 * 401 otherwise, and 503 where the store fails. Each step is a method of its own: override one to change it.
 *
 * @throws SessionError `ERR_SESSION_NOT_MOUNTED` when no session middleware ran for the request.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  protected readonly reflector: Reflector;

  constructor(@Inject(Reflector) reflector: Reflector) {
    this.reflector = reflector;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const requirement = this.getRequirement(context);
    if (!requirement.required) return true;
    return chain(sessionOf(context, requirement.name), (found) => {
      if (found?.isAvailable === false) return this.unavailable(context);
      const session = this.getSession(context, requirement);
      return session !== undefined && this.isFulfilled(session, requirement) ? true : this.deny(context);
    });
  }

  /** What the handler demands, or else its controller, or else just a session. */
  protected getRequirement(context: ExecutionContext): SessionRequirement {
    const targets = [context.getHandler(), context.getClass()];
    return (
      this.reflector.getAllAndOverride<SessionRequirement | undefined>(SESSION_REQUIREMENT, targets) ??
      A_SESSION
    );
  }

  /** The session of the request, where a store holds it. */
  protected getSession(context: ExecutionContext, { name }: SessionRequirement): UserSession | undefined {
    const session = getSession(requestOf(context), name);
    return session === undefined || session.isNew ? undefined : session;
  }

  protected isFulfilled(session: UserSession, { conditions }: SessionRequirement): boolean {
    return conditions.every((condition) =>
      typeof condition === 'function' ? condition(session) === true : valueAt(session, condition) != null,
    );
  }

  /** Answers a request of which the store did not say whether it has a session: that is no logout. */
  protected unavailable(context: ExecutionContext): never {
    if (context.getType() === 'http') {
      const response = context.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>();
      response.header('Retry-After', '1');
    }
    throw new ServiceUnavailableException();
  }

  /** Answers a request that may not pass. */
  protected deny(_context: ExecutionContext): never {
    throw new UnauthorizedException();
  }
}
