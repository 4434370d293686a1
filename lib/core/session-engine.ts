import type { Clock } from './clock.js';
import type { CommitPolicy } from './commit-plan.js';
import { isExpired, type Lifetimes } from './expiry.js';
import { KeyedQueue } from './keyed-queue.js';
import { OpenSession } from './open-session.js';
import type { CookieKeeper } from './session-cookie.js';
import type { SessionId } from './session-id.js';
import { sessionKey } from './session-key.js';
import type { SessionRecord } from './session-record.js';
import type { SessionStore } from './session-store.js';
import { guardStore } from './store-calls.js';

/** Everything that all sessions of one engine share. */
export interface EngineOptions {
  readonly store: SessionStore;
  readonly lifetimes: Lifetimes;
  readonly policy: CommitPolicy & { readonly resave: boolean };
  /** Makes an id; gets what {@link OpenRequest.context} held. */
  readonly newId: (context: unknown) => SessionId;
  readonly clock: Clock;
}

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
  /** Handed to `newId`. */
  readonly context: unknown;
}

/** What an {@link OpenSession} needs of its engine. */
export interface EngineParts extends EngineOptions {
  /** Puts requests that meet on one attribute in order, so that only other processes can interfere. */
  readonly conflicts: KeyedQueue;
}

/** Opens sessions. What comes of one afterwards, {@link OpenSession} knows. */
export class SessionEngine {
  readonly #parts: EngineParts;

  constructor(options: EngineOptions) {
    this.#parts = { ...options, store: guardStore(options.store), conflicts: new KeyedQueue() };
  }

  /**
   * The session of the first candidate that a store knows and that is not over; else a fresh one, at once. An
   * unknown id is never adopted.
   *
   * @throws SessionError `ERR_SESSION_STORE`
   */
  open(request: OpenRequest): OpenSession | Promise<OpenSession> {
    return request.candidates.length === 0 ? this.#fresh(request) : this.#find(request);
  }

  async #find(request: OpenRequest): Promise<OpenSession> {
    for (const candidate of request.candidates) {
      const record = await this.#parts.store.load(sessionKey(candidate.id));
      if (record !== null && !this.#isOver(record)) {
        return new OpenSession(this.#parts, request, { candidate, record });
      }
    }
    return this.#fresh(request);
  }

  #fresh(request: OpenRequest): OpenSession {
    return new OpenSession(this.#parts, request, null);
  }

  #isOver(record: SessionRecord): boolean {
    return isExpired(record, this.#parts.lifetimes.absoluteMs, this.#parts.clock.now());
  }
}
