import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import { describeValue } from '../core/util/describe-value.js';
import { configError } from '../http/check-options.js';
import type { UserSession } from '../core/session/user-session.js';
import { SESSION_REQUIREMENT } from './session.constants.js';
import type { SessionPath } from './session-path.js';

/**
 * A condition: the path of an attribute that is neither `undefined` nor `null`, or a function that returns
 * `true`.
 */
export type SessionCondition = SessionPath | ((session: UserSession) => boolean);

/** The requirement of a route, as `SessionGuard` reads it. */
export interface SessionRequirement {
  /** `false` opens the route, also where its controller or the application has a guard. */
  readonly required: boolean;
  readonly conditions: readonly (string | ((session: UserSession) => boolean))[];
  readonly name: string | undefined;
}

/** Selects the session of an application with several sessions. */
export interface RequireSessionOptions {
  readonly name?: string;
}

/**
 * Sets what `SessionGuard` requires of a route or a controller: `@RequireSession('userId')` an attribute,
 * `@RequireSession((session) => session.role === 'admin')` a condition, `@RequireSession(false)` nothing.
 *
 * An attribute is present unless it is `undefined` or `null`: `0`, `''` and `false` are values. The
 * application does not start (`ERR_SESSION_CONFIG`) when no `SessionGuard` runs before a handler with a
 * requirement.
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

/** A missing condition, such as an undefined constant of a circular import, must not leave a route open. */
function checkArgument(arg: unknown): void {
  if (
    arg === false ||
    typeof arg === 'string' ||
    typeof arg === 'function' ||
    (typeof arg === 'object' && arg !== null)
  )
    return;
  throw configError(`@RequireSession takes paths, functions, options or false, got ${describeValue(arg)}.`);
}
