import type { Undo } from './attribute-checkpoint.js';
import type { SessionState } from './session-state.js';

/** Remembers a session before a login that the limit may refuse; `null` where no limit refuses logins. */
export function beforeLogin(state: SessionState): Undo | null {
  if (state.parts.features.limit?.whenReached !== 'reject') return null;
  const { identity, own, edits, formerOwner, pending, stored, ending, moving, unsettled, needsStamp } = state;
  const restoreId = state.keepId();
  const restoreCookie = state.cookie.checkpoint();
  const attributes = state.attributes.checkpoint();
  return {
    begun: () => attributes.begun(),
    restore: () => {
      Object.assign(state, {
        identity,
        own,
        edits,
        formerOwner,
        pending,
        stored,
        ending,
        moving,
        unsettled,
        needsStamp,
      });
      restoreId();
      restoreCookie();
      attributes.restore();
    },
  };
}
