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

/** The end of a session that another process has reported; `handles` is `null` for all sessions. */
export interface ReportedEnd {
  readonly reason: SessionEnd;
  readonly handles: readonly string[] | null;
}

/** How processes tell each other which sessions have ended. */
export interface EndReports {
  /** Calls `onEnd` with the ends of other processes, and with `null` where some may have been missed. */
  subscribe(onEnd: (end: ReportedEnd | null) => void): () => Promise<void>;
}

/** What becomes of a connection whose session is lost. */
export const endOf = (loss: Loss): SessionEnd => ENDS[loss];

const ENDS: Readonly<Record<Loss, SessionEnd>> = { gone: 'ended', revoked: 'revoked', expired: 'expired' };
