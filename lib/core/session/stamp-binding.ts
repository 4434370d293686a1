import { SessionError } from '../errors.js';
import { scopeOf } from '../store/principal-scope.js';
import { onFailure, type Awaitable } from '../util/awaitable.js';
import { STAMP } from './own-attributes.js';
import { editOwn } from './own-edits.js';
import { plainPrincipal } from './session-identity.js';
import type { SessionState } from './session-state.js';

/**
 * Binds the session to the present stamp of its user, and runs the write that stores it. From then on other
 * requests compare with this stamp, and not with an earlier one that was kept.
 *
 * @throws SessionError `ERR_SESSION_STORE` where the option `credentialStamp` fails. `ERR_SESSION_VALUE`
 * where it returns no text.
 */
export async function withStamp<T>(state: SessionState, write: () => Awaitable<T>): Promise<T> {
  const stamps = state.parts.features.stamps!;
  const user = scopeOf(state.identity.principal!).principal;
  const stamp = await stamps.ask(user);
  if (stamp.text === null) throw noUserError();
  editOwn(state, STAMP, stamp.text);
  state.needsStamp = false;
  // Not before: a request of this session that runs meanwhile has the former stamp.
  const note = (): void => stamps.note(user, stamp);
  const result = await onFailure(write, note);
  note();
  return result;
}

/**
 * The next write binds the session to the present stamp of its user.
 * @throws SessionError `ERR_SESSION_CONFIG` without the option. `ERR_SESSION_VALUE` for an anonymous session.
 */
export function renewStamp(state: SessionState): void {
  if (state.parts.features.stamps === null) throw noOptionError();
  if (plainPrincipal(state) === null) throw anonymousError();
  state.needsStamp = true;
}

const noUserError = (): SessionError =>
  new SessionError(
    'ERR_SESSION_VALUE',
    'The session was not saved: the option credentialStamp.of returned null or undefined for its user, which means that there is no such user. Return a text for each user who can sign in.',
  );

const noOptionError = (): SessionError =>
  new SessionError(
    'ERR_SESSION_CONFIG',
    'refreshStamp() needs the option credentialStamp. Set it, or end other sessions by SessionRegistry.revokeAll().',
  );

const anonymousError = (): SessionError =>
  new SessionError(
    'ERR_SESSION_VALUE',
    'refreshStamp() was called on a session without a user. Call login() instead, which binds the present stamp.',
  );
