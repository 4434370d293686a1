import type { SessionId } from '../session-id.js';

/** An id that is not made yet, and the one that it replaces. */
export interface IdToMake {
  readonly before: SessionId | undefined;
  readonly isBeingMade: boolean;
}

/** The id of a session that has had none. */
export const FIRST_ID: IdToMake = { before: undefined, isBeingMade: false };
