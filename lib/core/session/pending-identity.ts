import type { Undo } from './attribute-checkpoint.js';
import type { SessionId } from '../session-id.js';

/** An id that is not made yet, and the one that it replaces. */
export interface IdToMake {
  readonly before: SessionId | undefined;
  readonly isBeingMade: boolean;
}

/** The first id of a session. */
export const FIRST_ID: IdToMake = { before: undefined, isBeingMade: false };

/** A change of identity that the next write of the whole record stores, and that is reported after it. */
export interface PendingIdentity {
  /** `step-up` is a login of the user whose session it is already. */
  readonly kind: 'login' | 'step-up' | 'logout' | 'regenerate';
  /** The handle of the stored session; `null` without one, and for a `regenerate` that nobody listens to. */
  readonly formerHandle: string | null;
  readonly method: string | null;
  /** The user before a logout or a `regenerate`, as stores index it. */
  readonly formerPrincipal: string | null;
  /** The option `principal` has begun the move, not the application. */
  readonly isAutomatic: boolean;
  /** Restores the session as it was before a login that the limit may refuse; `null` for any other change. */
  readonly undo: Undo | null;
}

/** A change of identity with these facts, and none besides. */
export function pendingIdentity(
  kind: PendingIdentity['kind'],
  facts: Partial<PendingIdentity>,
): PendingIdentity {
  return {
    formerHandle: null,
    method: null,
    formerPrincipal: null,
    isAutomatic: false,
    undo: null,
    ...facts,
    kind,
  };
}
