import { UnauthorizedException } from '@nestjs/common';
import type { SessionRequirement } from './session-requirement.js';

/**
 * Why `SessionGuard` rejects a request. The body of its 401 has it as `reason`.
 *
 * - `no-session`: the request has no stored session.
 * - `no-login`: the session is anonymous.
 * - `method-missing`: the user has not used the required method in this session.
 * - `authentication-too-old`: the login, or the last use of the required method, is too long ago.
 * - `condition`: a condition of `@RequireSession` is not met.
 */
export type SessionDenial =
  'no-session' | 'no-login' | 'method-missing' | 'authentication-too-old' | 'condition';

/** Milliseconds since the login, or since the last use of a method; `null` without one. */
export type AgeOf<S> = (session: S, method?: string) => number | null;

/**
 * Whether a session meets the requirement of its login.
 *
 * *Shape*: the reason of the rejection; `null` if it does. Conditions are not checked.
 */
export function denialOf<S extends { readonly principal: string | null }>(
  session: S | undefined,
  { login, method, authenticatedWithinMs }: SessionRequirement,
  ageOf: AgeOf<S>,
): Exclude<SessionDenial, 'condition'> | null {
  if (session === undefined) return 'no-session';
  const needsAge = method !== undefined || authenticatedWithinMs !== undefined;
  if (!needsAge && login !== true) return null;
  if (session.principal === null) return 'no-login';
  if (!needsAge) return null;
  const age = ageOf(session, method);
  if (age === null) return method === undefined ? 'authentication-too-old' : 'method-missing';
  return authenticatedWithinMs !== undefined && age > authenticatedWithinMs ? 'authentication-too-old' : null;
}

const DESCRIPTIONS: Partial<Record<SessionDenial, string>> = {
  'method-missing': 'Another authentication method is required',
  'authentication-too-old': 'A more recent authentication is required',
};

/** What a client must do to pass: the method, and the longest age of the authentication in seconds. */
interface StepUp {
  readonly method?: string;
  readonly maxAge?: number;
}

function stepUpOf({ method, authenticatedWithinMs: within }: SessionRequirement): StepUp {
  return {
    ...(method === undefined ? {} : { method }),
    ...(within === undefined ? {} : { maxAge: Math.floor(within / 1000) }),
  };
}

/** What the client learns of a rejection. */
export function denialBody(denial: SessionDenial, requirement: SessionRequirement) {
  const stepUp = denial in DESCRIPTIONS ? stepUpOf(requirement) : {};
  return { message: 'Unauthorized', reason: denial, ...stepUp };
}

/** The 401 of a rejected request. */
export function toUnauthorized(
  denial: SessionDenial,
  requirement: SessionRequirement,
): UnauthorizedException {
  return new UnauthorizedException({ statusCode: 401, ...denialBody(denial, requirement) });
}

/**
 * The header `WWW-Authenticate` of a rejected request; `null` unless another authentication would help. The
 * scheme is `Bearer`, for which RFC 9470 defines the error: browsers show no dialog for it.
 *
 * @see RFC 9470, section 3
 */
export function challengeOf(denial: SessionDenial, requirement: SessionRequirement): string | null {
  const description = DESCRIPTIONS[denial];
  if (description === undefined) return null;
  const { method, maxAge } = stepUpOf(requirement);
  const parameters = [
    'error="insufficient_user_authentication"',
    `error_description="${description}"`,
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
    ...(method === undefined ? [] : [`acr_values="${method}"`]),
  ];
  return `Bearer ${parameters.join(', ')}`;
}
