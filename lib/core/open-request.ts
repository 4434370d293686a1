import type { CookieKeeper } from './session-cookie.js';
import type { SessionId } from './session-id.js';

/** An id that a client holds and whose signature was found good. */
export interface Candidate {
  readonly id: SessionId;
  /** `false` where the cookie must be issued again though it leads to its session: signed with a retired secret. */
  readonly current: boolean;
}

/** Whether a cookie can still reach the browser: yes; not over this insecure connection; not since the headers are out. */
export type CookieChannel = 'open' | 'insecure' | 'sent';

/** What a request brings. */
export interface OpenRequest {
  readonly candidates: readonly Candidate[];
  /** The client sent a cookie of this name, good or not. */
  readonly presented: boolean;
  readonly cookies: CookieKeeper;
  readonly channel: () => CookieChannel;
  /** Whether the answer has begun: from then on the id stays as it is. */
  readonly hasBegun: () => boolean;
  /**
   * Whether the request can live without its session while the store fails: it is open then, with nothing in it and
   * nothing to be done with it.
   */
  readonly goesOnWithout: () => boolean;
  /** Handed to `newId`. */
  readonly context: unknown;
}
