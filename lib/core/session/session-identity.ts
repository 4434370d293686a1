import { sessionHandle, sessionKey, type SessionId } from '../session-id.js';
import { scopedPrincipal, scopeOf } from '../store/principal-scope.js';
import { HANDLE, LOGIN, readHandle, readLogin, type LoginFacts } from './own-attributes.js';
import { ownText } from './own-edits.js';
import { principalText } from './principal-text.js';
import type { SessionState } from './session-state.js';
import type { UserSession } from './user-session.js';

/** The public name of the session. It is derived from the id, unless the session has had another one. */
export function handleOf(state: SessionState): string {
  const stored = readHandle(ownText(state, HANDLE));
  if (stored !== null) return stored;
  const id = state.id as SessionId | undefined;
  // There is no id yet where the application's `genid` reads the handle.
  return id === undefined ? (id as unknown as string) : sessionHandle(sessionKey(id));
}

/** The present handle, and before a move that is not stored yet also the one of the stored record. */
export function handlesOf(state: SessionState): readonly [string, ...string[]] {
  const { stored, moving } = state;
  const present = handleOf(state);
  if (stored === null || moving === null) return [present];
  const { key, record } = stored;
  const own = readHandle(record.attributes.get(HANDLE));
  if (own !== null) return [present, own];
  // A store with keys of its own uses the id as the key.
  return [present, sessionHandle(key), sessionHandle(sessionKey(key as string as SessionId))];
}

/** The same, without an id being made for it; `null` if there is none. */
export function madeHandle(state: SessionState): string | null {
  const hasHandle = state.hasId || ownText(state, HANDLE) !== undefined;
  return hasHandle ? handleOf(state) : null;
}

/**
 * Whose session it is, as stores index it: by the option `principal`, or else as it was bound. `null` while
 * anonymous.
 * @throws SessionError `ERR_SESSION_VALUE` where the option returns a value that names no user.
 */
export function presentPrincipal(state: SessionState): string | null {
  const bound = state.identity.principal;
  const { principalOf, realm } = state.parts.features;
  if (principalOf === null || state.isAsked) return bound;
  // The option may read `session.principal`.
  state.isAsked = true;
  try {
    const asked = principalText(
      principalOf(state.attributes.owner as UserSession),
      'The result of the option principal',
    );
    if (asked !== null) return scopedPrincipal(realm, asked);
  } finally {
    state.isAsked = false;
  }
  // Without a result the option has no opinion on a session that `login()` has bound.
  return bound !== null && boundLogin(state)?.via === 'option' ? null : bound;
}

/**
 * The user of the session, by the name that the application gave; `null` while anonymous, and once it ended.
 */
export function plainPrincipal(state: SessionState): string | null {
  if (state.ending === 'destroyed') return null;
  const principal = isRefused(state) ? state.identity.principal : presentPrincipal(state);
  return principal === null ? null : scopeOf(principal).principal;
}

/** The login that the session is bound by; `null` without one. */
export function boundLogin(state: SessionState): LoginFacts | null {
  return state.identity.principal === null ? null : readLogin(ownText(state, LOGIN));
}

/** The login of the present principal; `null` without one, and where the next commit binds another one. */
export function presentLogin(state: SessionState): LoginFacts | null {
  if (state.ending === 'destroyed') return null;
  return isRefused(state) || presentPrincipal(state) === state.identity.principal ? boundLogin(state) : null;
}

/**
 * Whether the option `principal` still returns a user whose login the limit has refused in this request. The
 * session is not saved then, unless the application asks again.
 */
export function isRefused(state: SessionState): boolean {
  const { refused, identity } = state;
  return refused !== null && identity.principal !== refused && presentPrincipal(state) === refused;
}

/**
 * Whose data the attributes are. After a `regenerate()` that kept some, it is still the former user, although
 * the session is anonymous.
 */
export function ownerOf({ identity, formerOwner }: SessionState): string | null {
  return identity.principal ?? formerOwner;
}
