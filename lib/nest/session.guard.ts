import {
  Inject,
  Injectable,
  ServiceUnavailableException,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isStoreFailure } from '../core/errors.js';
import { chain, type Awaitable } from '../core/util/awaitable.js';
import { authenticatedAgo } from '../core/session/session-object.js';
import type { UserSession } from '../core/session/user-session.js';
import { getSession } from '../http/get-session.js';
import { RETRY_AFTER } from '../http/handler-hooks.js';
import { requestOf, sessionOf } from './execution-session.js';
import { challengeOf, denialBody, denialOf, toUnauthorized, type SessionDenial } from './session-denial.js';
import { valueAt } from './session-path.js';
import type { SessionRequirement } from './session-requirement.js';
import { SESSION_REQUIREMENT } from './session.constants.js';
import { wsException } from './sockets/ws-exception.js';

/** The requirement of a route without `@RequireSession`. */
const ANY_SESSION: SessionRequirement = { required: true, conditions: [], name: undefined };

/**
 * Accepts a request whose session is stored and meets the requirement of `@RequireSession` or
 * `@RequireLogin`. Responds 401 otherwise, with a {@link SessionDenial} as `reason` in the body, and 503 when
 * the store fails. Where another authentication would help, the header `WWW-Authenticate` describes it. Each
 * step is a method that a subclass can override.
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
    // The session of a socket is read again: it may be hours old.
    return chain(this.#load(context, requirement), (found) => {
      if (found?.isAvailable === false) return this.unavailable(context);
      const session = this.getSession(context, requirement);
      const denial =
        denialOf(session, requirement, authenticatedAgo) ??
        (this.isFulfilled(session!, requirement) ? null : 'condition');
      return denial === null ? true : this.deny(context, denial);
    });
  }

  #load(context: ExecutionContext, { name }: SessionRequirement): Awaitable<UserSession | undefined> {
    const session = sessionOf(context, name, true);
    if (context.getType<string>() !== 'ws' || !(session instanceof Promise)) return session;
    return session.catch((error: unknown) =>
      isStoreFailure(error) ? this.unavailable(context) : Promise.reject(error as Error),
    );
  }

  /** The requirement of the handler, else of its controller, else any session. */
  protected getRequirement(context: ExecutionContext): SessionRequirement {
    const targets = [context.getHandler(), context.getClass()];
    return (
      this.reflector.getAllAndOverride<SessionRequirement | undefined>(SESSION_REQUIREMENT, targets) ??
      ANY_SESSION
    );
  }

  /** The session of the request, if it is stored. */
  protected getSession(context: ExecutionContext, { name }: SessionRequirement): UserSession | undefined {
    const session = getSession(requestOf(context), name);
    return session === undefined || session.isNew ? undefined : session;
  }

  /** Whether the session meets the conditions. */
  protected isFulfilled(session: UserSession, { conditions }: SessionRequirement): boolean {
    return conditions.every((condition) =>
      typeof condition === 'function' ? condition(session) === true : valueAt(session, condition) != null,
    );
  }

  /** Rejects a request whose session could not be loaded. A 401 would look like a logout. */
  protected unavailable(context: ExecutionContext): never {
    if (context.getType<string>() === 'ws') throw wsException({ message: 'Service Unavailable' });
    setHeader(context, ...RETRY_AFTER);
    throw new ServiceUnavailableException();
  }

  /**
   * Rejects a request that does not meet the requirement. The body of the response contains the reason, if it
   * is given.
   */
  protected deny(context: ExecutionContext, denial?: SessionDenial): never {
    const isSocket = context.getType<string>() === 'ws';
    if (denial === undefined)
      throw isSocket ? wsException({ message: 'Unauthorized' }) : new UnauthorizedException();
    const requirement = this.getRequirement(context);
    if (isSocket) throw wsException(denialBody(denial, requirement));
    const challenge = challengeOf(denial, requirement);
    if (challenge !== null) setHeader(context, 'WWW-Authenticate', challenge);
    throw toUnauthorized(denial, requirement);
  }
}

/**
 * Sets a header of the response of an HTTP handler. In other contexts the exception alone is the response.
 */
function setHeader(context: ExecutionContext, name: string, value: string): void {
  if (context.getType() !== 'http') return;
  const response = context.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>();
  response.header(name, value);
}
