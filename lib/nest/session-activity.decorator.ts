import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import { describeWithoutText } from '../core/util/describe-value.js';
import { configError } from '../http/check-options.js';
import { SESSION_ACTIVITY } from './session.constants.js';

/**
 * Sets whether requests to a handler or a controller count as activity. Those to a route with
 * `@SessionActivity(false)` do not extend the idle timeout, so that an open tab that polls keeps no session
 * alive: they neither touch the session nor send its cookie again, with `rolling` and `resave` too, and also
 * where a guard refuses them. Attributes that they change are saved.
 *
 * `@SessionActivity(true)` at a handler wins over its controller. At a handler with `@Sse()` the open stream
 * keeps the session alive while its client is connected. Without it, only the request counts. `login()`,
 * `session.touch()` and a new id without the former data count in any case.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for any other argument.
 * @see OWASP ASVS 5.0, 7.3.1; requirements S-34, S-39
 * @example
 * ```ts
 * import { Controller, Get } from '@nestjs/common';
 * import { Session, SessionActivity, type UserSession } from 'nest-session';
 *
 * @Controller()
 * export class StatusController {
 *   @Get('time-left')
 *   @SessionActivity(false)
 *   timeLeft(@Session() session: UserSession) {
 *     return { ms: session.expiresAt - Date.now() };
 *   }
 * }
 * ```
 */
export function SessionActivity(counts: boolean): CustomDecorator<symbol> {
  if (typeof counts === 'boolean') return SetMetadata(SESSION_ACTIVITY, counts);
  throw configError(`@SessionActivity takes true or false, got ${describeWithoutText(counts)}.`);
}

/** Whether requests to a handler count as activity. */
export function countsAsActivity(handler: object, controller: object): boolean {
  return activityOf(handler) ?? activityOf(controller) ?? true;
}

/** What the decorator has set at a handler or a controller; `undefined` without it. */
export const activityOf = (target: object): boolean | undefined =>
  Reflect.getMetadata(SESSION_ACTIVITY, target) as boolean | undefined;
