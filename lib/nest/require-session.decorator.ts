import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import { describeValue } from '../core/util/describe-value.js';
import { SessionError } from '../core/errors.js';
import type { UserSession } from '../core/session/user-session.js';
import { SESSION_REQUIREMENT } from './session.constants.js';
import type { SessionPath } from './session-path.js';

/** What a session must fulfil: an attribute that is neither `undefined` nor `null`; or a function that returns `true`. */
export type SessionCondition = SessionPath | ((session: UserSession) => boolean);

/** What a route demands, as `SessionGuard` reads it. */
export interface SessionRequirement {
  /** `false`: the route is open, though a guard stands before its controller or the whole application. */
  readonly required: boolean;
  readonly conditions: readonly (string | ((session: UserSession) => boolean))[];
  readonly name: string | undefined;
}

/** Which session is meant, where an application has several. */
export interface RequireSessionOptions {
  readonly name?: string;
}

/**
 * Says what `SessionGuard` demands of a route or a controller: `@RequireSession('userId')` an attribute,
 * `@RequireSession((session) => session.role === 'admin')` a condition, `@RequireSession(false)` nothing.
 *
 * An attribute counts as present unless it is `undefined` or `null`: `0`, `''` and `false` are values. Where no
 * `SessionGuard` runs before a handler that demands a session, the application does not start (`ERR_SESSION_CONFIG`).
 */
export function RequireSession(required: false): CustomDecorator<symbol>;
export function RequireSession(...conditions: SessionCondition[]): CustomDecorator<symbol>;
export function RequireSession(
  options: RequireSessionOptions,
  ...conditions: SessionCondition[]
): CustomDecorator<symbol>;
export function RequireSession(
  ...args: (false | RequireSessionOptions | SessionCondition)[]
): CustomDecorator<symbol> {
  for (const arg of args) checkArgument(arg);
  const options = args.find((arg): arg is RequireSessionOptions => typeof arg === 'object');
  const conditions = args.filter(
    (arg): arg is SessionCondition => typeof arg === 'string' || typeof arg === 'function',
  );
  const requirement: SessionRequirement = { required: args[0] !== false, conditions, name: options?.name };
  return SetMetadata(SESSION_REQUIREMENT, requirement);
}

/** A condition that is not there, such as a constant of a circular import, must not leave a route open. */
function checkArgument(arg: unknown): void {
  if (
    arg === false ||
    typeof arg === 'string' ||
    typeof arg === 'function' ||
    (typeof arg === 'object' && arg !== null)
  )
    return;
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `@RequireSession takes paths, functions, options or false, got ${describeValue(arg)}.`,
  );
}
