import { NO_CHANGES } from '../store/session-record.js';
import { bindByOption, keepChanged } from './principal-option.js';
import { presentPrincipal } from './session-identity.js';
import type { SessionState } from './session-state.js';

/**
 * The record to be moved is gone: another request has ended or moved the session. Its attributes are dropped,
 * so that it is not created again. Returns whether the rest must be stored: a login, and what this request
 * has set since in an anonymous session.
 */
export function dropMoved(state: SessionState): boolean {
  const { pending } = state;
  if (pending?.kind === 'login') return dropBeforeLogin(state, pending.isAutomatic);
  const dropped = state.attributes.dropLoaded();
  // What this request has set since is data of the user. A second factor must not revive a revoked session.
  if (state.identity.principal !== null || pending?.kind === 'logout') return false;
  state.own = state.parts.named;
  state.stored = null;
  const principal = presentPrincipal(state);
  if (principal !== null) bindByOption(state, principal);
  return dropped === 0 || state.attributes.texts(NO_CHANGES).size > 0;
}

/** A login is stored all the same, unless what the option `principal` reads was a part of the lost record. */
function dropBeforeLogin(state: SessionState, isAutomatic: boolean): boolean {
  if (isAutomatic) keepChanged(state);
  else state.attributes.dropLoaded();
  state.stored = null;
  state.pending?.undo?.begun();
  return presentPrincipal(state) === state.identity.principal;
}
