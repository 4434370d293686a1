import type { SessionCookieFactory } from './session-cookie.js';
import type { SessionId, SessionKey } from '../session-id.js';
import type { CommitPolicy, Lifetimes } from './commit-plan.js';
import type { KeyedQueue } from '../util/keyed-queue.js';
import type { SessionStore } from '../store/session-store.js';
import type { GuardedStore, StoreGuard } from '../store/guarded-store.js';

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
export interface RequestContext {
  /** The client sent a cookie of this name, good or not. */
  readonly presented: boolean;
  readonly cookies: SessionCookieFactory;
  channel(): CookieChannel;
  /** Whether the answer has begun: from then on the id stays as it is. */
  hasBegun(): boolean;
  /** Runs a step when the connection or the response is over, where that can be observed. */
  whenClosed?(step: () => Promise<void>): void;
  /** Handed to `newId`. */
  readonly context: unknown;
}

/** Everything that all sessions of one engine share. */
export interface EngineOptions extends StoreGuard {
  readonly store: SessionStore;
  readonly lifetimes: Lifetimes;
  readonly policy: CommitPolicy & { readonly resave: boolean };
  /** Makes an id; gets what `RequestContext.context` held. */
  readonly newId: (context: unknown) => SessionId;
}

/** What an open session needs of its engine. */
export interface EngineParts extends EngineOptions {
  readonly store: GuardedStore;
  /** Puts requests that meet on one attribute in order, so that only other processes can interfere. */
  readonly conflicts: KeyedQueue;
}
