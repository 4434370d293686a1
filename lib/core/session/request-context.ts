import type { EngineFeatures } from './engine-features.js';
import type { SessionId, SessionKey } from '../session-id.js';
import type { GuardedStore, StoreGuard } from '../store/guarded-store.js';
import type { SessionRecord } from '../store/session-record.js';
import type { SessionStore } from '../store/session-store.js';
import type { KeyedQueue } from '../util/keyed-queue.js';
import type { CommitPolicy } from './commit-plan.js';
import type { Lifetimes } from './expiry.js';
import type { OwnTexts } from './own-attributes.js';
import type { SessionCookieFactory } from './session-cookie.js';
import type { EngineTerms } from './write-terms.js';

/** An id that a client sent, with a valid signature. */
export interface Candidate {
  readonly id: SessionId;
  /** `false` if a retired secret signed the cookie: it is valid, and must be sent again. */
  readonly current: boolean;
  /** The key of the id, where it is already computed. */
  readonly key?: SessionKey;
}

/** A session that a store holds, found by an id that the client sent. */
export interface FoundSession {
  readonly candidate: Candidate;
  readonly key: SessionKey;
  readonly record: SessionRecord;
  /** The credential stamp that its next write stores, where it has none yet. */
  readonly stamp?: string;
}

/** The facts of one request that the engine reads. */
export interface RequestContext {
  /** The connection is secure. */
  readonly isSecure: boolean;
  /** The client sent a cookie of this name, valid or not. */
  readonly presented: boolean;
  readonly cookies: SessionCookieFactory;
  /** `true` from the first output of the application on. The id can no longer change then. */
  readonly hasBegun: boolean;
  /** `false` once the headers are sent or the client has left: no cookie can reach the browser. */
  readonly canSendHeaders: boolean;
  /** `true` where the request does not count as activity: it does not extend the session. */
  readonly isPassive?: boolean | undefined;
  /** Runs a step when the connection or the response has closed, where that can be observed. */
  whenClosed?(step: () => Promise<void>): void;
  /** The argument of `newId`. */
  readonly context: unknown;
}

/** Everything that all sessions of one engine share. */
export interface EngineOptions extends StoreGuard {
  readonly store: SessionStore;
  readonly lifetimes: Lifetimes;
  readonly policy: CommitPolicy & { readonly resave: boolean };
  /** Makes an id from {@link RequestContext.context}. */
  readonly newId: (context: unknown) => SessionId;
  readonly features?: EngineFeatures;
}

/** The same, with the guarded store. */
export interface EngineParts extends EngineOptions {
  readonly store: GuardedStore;
  readonly features: EngineFeatures;
  /** The engine's attributes of each new record; `null` for none. */
  readonly named: OwnTexts | null;
  /** `null` where the store has no epochs. */
  readonly terms: EngineTerms | null;
  /** Runs conflicting requests of one session one after another: only other processes can interfere. */
  readonly conflicts: KeyedQueue;
}
