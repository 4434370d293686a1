import { principalError, principalText } from '../session/principal-text.js';
import { namesOfSession } from '../session/session-object.js';
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
 * The handles of a session that the caller passes as an option; empty without one. `realm` is the session
 * name of the registry.
 *
 * @throws TypeError for a value that is not a session, and for a session of another session name.
 */
export function handlesOption(
  session: UserSession | undefined,
  option: string,
  realm: string,
): readonly string[] {
  if (session === undefined) return [];
  const { handle } = (session ?? {}) as Partial<UserSession>;
  if (typeof handle === 'string') {
    const names = namesOfSession(session);
    if (names !== null && names.sessionName !== realm) throw otherNameError(option, realm, names.sessionName);
    return [handle, ...(names?.handles ?? [])];
  }
  throw new TypeError(
    `The option ${option} must be a session, such as req.session, got ${describeWithoutText(session)}.`,
  );
}

const otherNameError = (option: string, realm: string, given: string): TypeError =>
  new TypeError(
    `The option ${option} must be a session named ${JSON.stringify(realm)}, as this registry is, got one named ` +
      `${JSON.stringify(given)}. Pass it to the registry of its name.`,
  );
