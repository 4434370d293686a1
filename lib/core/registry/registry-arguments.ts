import { SessionError } from '../errors.js';
import type { UserSession } from '../session/user-session.js';
import { describeWithoutText } from '../util/describe-value.js';

/**
 * A principal as text: numbers become decimal text.
 *
 * @throws SessionError `ERR_SESSION_VALUE` for an empty text and for any other value.
 */
export function principalText(principal: unknown): string {
  if (typeof principal === 'string' && principal !== '') return principal;
  if (typeof principal === 'bigint' || Number.isFinite(principal)) return String(principal);
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `A principal must be a text or a number, got ${describeWithoutText(principal)}.`,
  );
}

/**
 * The handle of a session that the caller passes as an option; `null` without one.
 *
 * @throws TypeError for a value that is not a session.
 */
export function handleOption(session: UserSession | undefined, option: string): string | null {
  if (session === undefined) return null;
  const { handle } = (session ?? {}) as Partial<UserSession>;
  if (typeof handle === 'string') return handle;
  throw new TypeError(
    `The option ${option} must be a session, such as req.session, got ${describeWithoutText(session)}.`,
  );
}
