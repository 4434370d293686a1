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
  /** Whether the session must have a principal. */
  readonly login?: boolean;
  /** Longest time since the login, or since the last use of `method`. Milliseconds. */
  readonly authenticatedWithinMs?: number;
  /** The method that the user must have used in this session. */
  readonly method?: string;
}

/** The options of `@RequireSession` and `@RequireLogin`. */
export interface RequireSessionOptions {
  /** Selects the session of an application with several sessions. */
  readonly name?: string;
  /**
   * Longest time since the login, such as `minutes(5)`. With `method`, since the last use of that method.
   * Milliseconds. Otherwise the response is a 401 that asks for a new authentication.
   * @see RFC 9470, section 3
   */
  readonly authenticatedWithin?: number;
  /**
   * The user must have used this method in the session, as `session.login(principal, { method })` records it.
   * Printable ASCII without spaces, quotes and backslashes, because the header `WWW-Authenticate` names it.
   */
  readonly method?: string;
}

/** The arguments of `@RequireSession` and `@RequireLogin`, unchecked. */
export type RequirementArguments = readonly (RequireSessionOptions | SessionCondition)[];

/**
 * The requirement that the arguments of a decorator describe.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an argument that would leave the route open by mistake, such
 * as an undefined constant of a circular import, or an unknown option.
 */
export function requirementOf(decorator: string, args: RequirementArguments): SessionRequirement {
  const [first] = args;
  const options = typeof first === 'object' && first !== null ? first : {};
  checkOptions(decorator, options);
  const conditions = options === first ? args.slice(1) : args;
  for (const condition of conditions) checkCondition(decorator, condition);
  const { name, authenticatedWithin, method } = options;
  return {
    required: true,
    conditions: conditions as readonly SessionCondition[],
    name,
    login: authenticatedWithin !== undefined || method !== undefined,
    ...(authenticatedWithin === undefined ? {} : { authenticatedWithinMs: authenticatedWithin }),
    ...(method === undefined ? {} : { method }),
  };
}

/** The requirement of a route that is open to anyone. */
export const NO_REQUIREMENT: SessionRequirement = { required: false, conditions: [], name: undefined };

/**
 * Stores the requirement of a handler or a controller.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` when it has one already: one of them would have no effect.
 */
export function setRequirement(decorator: string, requirement: SessionRequirement): CustomDecorator<symbol> {
  const set = SetMetadata(SESSION_REQUIREMENT, requirement);
  const setOnce = (target: object, name?: string | symbol, descriptor?: PropertyDescriptor): unknown => {
    const holder = (descriptor?.value as object | undefined) ?? target;
    if (Reflect.hasOwnMetadata(SESSION_REQUIREMENT, holder)) throw twice(decorator, holder);
    return set(target as never, name as never, descriptor as never);
  };
  return Object.assign(setOnce as CustomDecorator<symbol>, { KEY: SESSION_REQUIREMENT });
}

const twice = (decorator: string, holder: object) =>
  configError(
    `${decorator} is one of two requirements at ${describeValue(holder)}, and one of them would have no effect. Use ` +
      'one of @RequireSession, @RequireLogin and @Public there, with all options and conditions.',
  );

function checkCondition(decorator: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'function') return;
  throw configError(
    `${decorator} takes options first, then paths and functions, got ${describeValue(value)}.`,
  );
}

const OPTIONS = ['name', 'authenticatedWithin', 'method'];

/** Tokens of `acr_values`: RFC 6749, appendix A, without the quote and the backslash. */
const METHOD = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function checkOptions(decorator: string, options: RequireSessionOptions): void {
  const { name, authenticatedWithin: within, method } = options;
  for (const option of Object.keys(options)) {
    if (!OPTIONS.includes(option))
      throw configError(`${decorator} has no option ${option}. Its options are ${OPTIONS.join(', ')}.`);
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw configError(`The option name of ${decorator} must be a session name, got ${describeValue(name)}.`);
  }
  if (within !== undefined && !(Number.isSafeInteger(within) && within > 0)) {
    throw configError(
      `The option authenticatedWithin of ${decorator} must be a number of milliseconds, such as minutes(5), got ` +
        `${describeValue(within)}.`,
    );
  }
  if (method !== undefined && !(typeof method === 'string' && METHOD.test(method))) {
    throw configError(
      `The option method of ${decorator} must be a name of printable ASCII characters without spaces, quotes and ` +
        `backslashes, got ${describeValue(method)}.`,
    );
  }
}
