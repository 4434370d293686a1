import { NO_CHANGES } from '../store/session-record.js';
import { storedName } from './attribute-name.js';
import type { SessionState } from './session-state.js';

/** A new id for the same visitor, with the kept attributes only. The next commit moves the record. */
export function beginMove(state: SessionState, keep: readonly string[] | 'all'): void {
  const names = keep === 'all' ? null : keep.map(storedName);
  // A session that another request has ended has nothing to carry over.
  const { isGone, moving } = state;
  if (isGone) state.attributes.dropLoaded();
  if (keep !== 'all') state.attributes.keepOnly(keep);
  // Nothing throws from here on: a call that fails leaves the session as it was.
  state.dropId();
  state.unsettled = { moved: null, patches: state.unsettled.patches };
  state.ending = null;
  if (isGone) state.identity = { ...state.identity, principal: null };
  state.moving = moving ?? 'all';
  // A session that keeps all of its data also keeps its limits (S-35).
  if (names === null) return;
  const carried = state.moving;
  state.moving = new Set(names.filter((name) => carried === 'all' || carried.has(name)));
  state.identity = { createdAt: state.now, principal: null };
  state.cookie.use(state.seed(null, state.identity.createdAt));
}

/**
 * The record to be moved is gone: its attributes are dropped, so that a session that was ended is not
 * created again. Returns whether the rest must be stored: what this request has set since.
 */
export function dropMoved(state: SessionState): boolean {
  const dropped = state.attributes.dropLoaded();
  state.identity = { ...state.identity, principal: null };
  state.stored = null;
  return dropped === 0 || state.attributes.texts(NO_CHANGES).size > 0;
}
