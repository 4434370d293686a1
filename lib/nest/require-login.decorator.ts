import type { CustomDecorator } from '@nestjs/common';
import {
  requirementOf,
  setRequirement,
  type RequireSessionOptions,
  type SessionCondition,
} from './session-requirement.js';

const NAME = '@RequireLogin';

/**
 * Requires a session with a principal: one that `session.login()` or the option `principal` has bound to a
 * user. `SessionGuard` responds 401 otherwise. Takes the options and conditions of `@RequireSession` too.
 *
 * @example
 * ```ts
 * import { Controller, Get, UseGuards } from '@nestjs/common';
 * import { CurrentPrincipal, RequireLogin, SessionGuard } from 'nest-session';
 *
 * @Controller('account')
 * @UseGuards(SessionGuard)
 * @RequireLogin()
 * export class AccountController {
 *   @Get() show(@CurrentPrincipal() userId: string) {
 *     return { userId };
 *   }
 * }
 * ```
 */
export function RequireLogin(...conditions: SessionCondition[]): CustomDecorator<symbol>;
export function RequireLogin(
  options: RequireSessionOptions,
  ...conditions: SessionCondition[]
): CustomDecorator<symbol>;
export function RequireLogin(...args: (RequireSessionOptions | SessionCondition)[]): CustomDecorator<symbol> {
  return setRequirement(NAME, { ...requirementOf(NAME, args), login: true });
}
