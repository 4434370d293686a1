import { NO_CHANGES } from '../store/session-record.js';
import { bindByOption, keepChanged } from './principal-option.js';
import { presentPrincipal } from './session-identity.js';
import type { SessionState } from './session-state.js';

/**
 * The record to be moved is gone: another request has ended or moved the session. Its attributes are dropped,
 * so that it is not created again. Returns whether the rest must be stored: what this request has set since,
 * and a login.
 */
export function dropMoved(state: SessionState): boolean {
  const { pending } = state;
  if (pending?.kind === 'login') return dropBeforeLogin(state, pending.isAutomatic);
  const before = state.attributes.dropLoaded();
  // A second factor must not revive a session that was revoked.
  if (pending?.kind === 'step-up' || pending?.kind === 'logout') return false;
  state.formerOwner = state.identity.principal ?? state.formerOwner;
  state.identify(state.identity.createdAt, null);
  state.own = state.parts.named;
  state.stored = null;
  const principal = presentPrincipal(state);
  if (principal !== null) bindByOption(state, principal);
  return before === 0 || state.attributes.texts(NO_CHANGES).size > 0;
}

/** A login is stored all the same, unless what the option `principal` reads was a part of the lost record. */
function dropBeforeLogin(state: SessionState, isAutomatic: boolean): boolean {
  if (isAutomatic) keepChanged(state);
  else state.attributes.dropLoaded();
  state.stored = null;
  return presentPrincipal(state) === state.identity.principal;
}
