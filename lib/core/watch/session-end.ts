import type { LifecycleEvent, SessionEvent } from '../session-event.js';
import type { Loss } from '../session/session-refresh.js';

/**
 * Why a connection is closed.
 *
 * - `logout`: a request of the session has ended it.
 * - `revoked`: the registry, a limit or a changed credential has ended it.
 * - `expired`: its idle or absolute timeout has passed.
 * - `replaced`: its browser has another session now, after a login or `regenerate()`.
 * - `ended`: another process has ended it.
 */
export type SessionEnd = 'logout' | 'revoked' | 'expired' | 'replaced' | 'ended';

const ENDS: Readonly<Record<Loss, SessionEnd>> = { gone: 'ended', revoked: 'revoked', expired: 'expired' };

/** What becomes of a connection whose session is lost. */
export const endOf = (loss: Loss): SessionEnd => ENDS[loss];

/** Sessions that have ended, by their handles; `null` for all sessions of the name. */
export interface EndedSessions {
  readonly reason: SessionEnd;
  readonly handles: readonly string[] | null;
}

/** The events that can end a session. */
export const ENDING: ReadonlySet<SessionEvent['type']> = new Set<LifecycleEvent['type']>([
  'logout',
  'revoked',
  'expired',
  'login',
  'regenerated',
]);

/** The sessions that an event has ended; `null` for none. */
export function endIn(event: SessionEvent): EndedSessions | null {
  const { type } = event;
  if (type === 'logout' || type === 'expired') return { reason: type, handles: [event.handle] };
  if (type === 'revoked') return { reason: type, handles: event.handle === null ? null : [event.handle] };
  if (type !== 'login' && type !== 'regenerated') return null;
  // The former id is dead. A step-up keeps its handle, and its connections.
  const { formerHandle, handle } = event;
  const isReplaced = formerHandle !== null && formerHandle !== handle;
  return isReplaced ? { reason: 'replaced', handles: [formerHandle] } : null;
}

/** How a process learns which sessions other processes have ended. */
export interface EndReports {
  /** Calls `onEnd` with the sessions that have ended, and with `null` where some may have been missed. */
  subscribe(onEnd: (end: EndedSessions | null) => void): () => Promise<void>;
}
