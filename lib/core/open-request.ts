import type { CookieKeeper } from './session-cookie.js';
import type { SessionId } from './session-id.js';
import type { SessionKey } from './session-key.js';

/** An id that a client holds and whose signature was found good. */
export interface Candidate {
  readonly id: SessionId;
  /** `false` where the cookie must be issued again though it leads to its session: signed with a retired secret. */
  readonly current: boolean;
  /** The key of the id, where it is known already. */
  readonly key?: SessionKey;
}

/** Whether a cookie can still reach the browser: yes; not over this insecure connection; not since the headers are out. */
export type CookieChannel = 'open' | 'insecure' | 'sent';

/** What a request brings. */
export interface OpenRequest {
  /** The client sent a cookie of this name, good or not. */
  readonly presented: boolean;
  readonly cookies: CookieKeeper;
  channel(): CookieChannel;
  /** Whether the answer has begun: from then on the id stays as it is. */
  hasBegun(): boolean;
  /** Runs a step when the connection or the response is over, where that can be observed. */
  whenClosed?(step: () => Promise<void>): void;
  /** Handed to `newId`. */
  readonly context: unknown;
}
