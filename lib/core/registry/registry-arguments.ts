import { principalError, principalText } from '../session/principal-text.js';
import { handlesOfSession } from '../session/session-object.js';
import type { UserSession } from '../session/user-session.js';
import { describeWithoutText } from '../util/describe-value.js';

/**
 * A principal as text: numbers become decimal text.
 *
 * @throws SessionError `ERR_SESSION_VALUE` for an empty text and for any other value, `null` too.
 */
export function principalOf(value: unknown): string {
  const principal = principalText(value, SOURCE);
  if (principal === null) throw principalError(value, SOURCE);
  return principal;
}

const SOURCE = 'The principal';

/**
 * The handles of a session that the caller passes as an option; empty without one.
 *
 * @throws TypeError for a value that is not a session.
 */
export function handlesOption(session: UserSession | undefined, option: string): readonly string[] {
  if (session === undefined) return [];
  const { handle } = (session ?? {}) as Partial<UserSession>;
  if (typeof handle === 'string') return [handle, ...handlesOfSession(session)];
  throw new TypeError(
    `The option ${option} must be a session, such as req.session, got ${describeWithoutText(session)}.`,
  );
}
