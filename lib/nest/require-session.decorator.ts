import type { CustomDecorator } from '@nestjs/common';
import { describeValue } from '../core/util/describe-value.js';
import { configError } from '../http/check-options.js';
import {
  NO_REQUIREMENT,
  requirementOf,
  setRequirement,
  type RequirementArguments,
  type RequireSessionOptions,
  type SessionCondition,
} from './session-requirement.js';

const NAME = '@RequireSession';

/**
 * Sets what `SessionGuard` requires of a route or a controller: `@RequireSession('userId')` an attribute,
 * `@RequireSession((session) => session.role === 'admin')` a condition, `@RequireSession(false)` nothing.
 * `@RequireSession({ authenticatedWithin: minutes(5) })` requires a recent login and
 * `@RequireSession({ method: 'otp' })` a method of authentication. Both together require a recent use of that
 * method.
 *
 * An attribute is present unless it is `undefined` or `null`: `0`, `''` and `false` are values. The
 * requirement of a handler replaces that of its controller. The application does not start
 * (`ERR_SESSION_CONFIG`) when no `SessionGuard` runs before a handler with a requirement.
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
  if (args[0] !== false) return setRequirement(NAME, requirementOf(NAME, args as RequirementArguments));
  if (args.length > 1) {
    throw configError(
      `@RequireSession(false) takes nothing else, got ${describeValue(args[1])}. Remove it or false.`,
    );
  }
  return setRequirement(NAME, NO_REQUIREMENT);
}
