import type { CommitPolicy } from './commit-plan.js';
import type { Lifetimes } from './expiry.js';
import type { KeyedQueue } from './keyed-queue.js';
import type { SessionId } from './session-id.js';
import type { SessionStore } from './session-store.js';
import type { GuardedStore, StoreGuard } from './store-calls.js';

/** Everything that all sessions of one engine share. */
export interface EngineOptions extends StoreGuard {
  readonly store: SessionStore;
  readonly lifetimes: Lifetimes;
  readonly policy: CommitPolicy & { readonly resave: boolean };
  /** Makes an id; gets what `OpenRequest.context` held. */
  readonly newId: (context: unknown) => SessionId;
}

/** What an open session needs of its engine. */
export interface EngineParts extends EngineOptions {
  readonly store: GuardedStore;
  /** Puts requests that meet on one attribute in order, so that only other processes can interfere. */
  readonly conflicts: KeyedQueue;
}
