import { chain } from '../util/awaitable.js';
import type { Candidate, EngineOptions, EngineParts, RequestContext } from './request-context.js';
import { KeyedQueue } from '../util/keyed-queue.js';
import { OpenSession, type FindResult, type FoundSession } from './open-session.js';
import type { SessionCookieFactory } from './session-cookie.js';
import { sessionHandle, type SessionId, sessionKey, type SessionKey } from '../session-id.js';
import type { SessionRecord } from '../store/session-record.js';
import { isCommitDue, isOver } from './session-state.js';
import type { Awaitable } from '../util/awaitable.js';
import { guardStore } from '../store/guarded-store.js';

/** Each candidate costs a store call. An honest browser has one, or two after a change of the cookie's domain. */
const MOST_CANDIDATES = 4;

/** Opens sessions. What comes of one afterwards, {@link OpenSession} knows. */
export class SessionEngine {
  readonly #parts: EngineParts;

  constructor(options: EngineOptions) {
    this.#parts = { ...options, store: guardStore(options.store, options), conflicts: new KeyedQueue() };
  }

  /**
   * The record of the one candidate that a store knows and that is not over; else `null`. An unknown id is never adopted.
   * `'duplicate'` where two candidates have such a record, or where there are too many to load them all: one of them may
   * be an attacker's.
   *
   * @throws SessionError `ERR_SESSION_STORE`, at once or by the promise.
   */
  find(candidates: readonly Candidate[], cookies: SessionCookieFactory): Awaitable<FindResult> {
    return candidates.length > MOST_CANDIDATES
      ? this.#reject(candidates)
      : this.#findFrom(0, candidates, cookies, null);
  }

  #findFrom(
    index: number,
    candidates: readonly Candidate[],
    cookies: SessionCookieFactory,
    found: FoundSession | null,
  ): Awaitable<FindResult> {
    const candidate = candidates[index];
    if (candidate === undefined) return found;
    const key = candidate.key ?? this.#parts.store.keyOf(candidate.id);
    const loaded = this.#parts.store.load(key);
    const choose = (record: SessionRecord | null): Awaitable<FindResult> => {
      if (record === null || isOver(record, this.#parts, cookies))
        return this.#findFrom(index + 1, candidates, cookies, found);
      if (found !== null) return this.#reject(candidates);
      return this.#findFrom(index + 1, candidates, cookies, { candidate, key, record });
    };
    return loaded instanceof Promise ? loaded.then(choose) : choose(loaded);
  }

  #reject(candidates: readonly Candidate[]): 'duplicate' {
    const handles = candidates.map(({ id }) => sessionHandle(sessionKey(id)));
    this.#parts.onEvent({ type: 'rejected', reason: 'duplicate-cookie', handles });
    return 'duplicate';
  }

  /** What the store files the session of an id under. */
  keyOf(id: SessionId): SessionKey {
    return this.#parts.store.keyOf(id);
  }

  /** The session that was found, or a fresh one. */
  take(request: RequestContext, found: FoundSession | null): OpenSession {
    return new OpenSession(this.#parts, request, found);
  }

  /** Whether the answer must be waited for with a session, also where nobody looks at it. */
  isCommitDue(found: FoundSession | null, cookies: SessionCookieFactory): boolean {
    if (found === null) return this.#parts.policy.saveUninitialized;
    return !found.candidate.current || isCommitDue(found.record, this.#parts, cookies);
  }

  /** {@link find} and {@link take}. */
  open(request: RequestContext & { readonly candidates: readonly Candidate[] }): Awaitable<OpenSession> {
    return chain(this.find(request.candidates, request.cookies), (found) =>
      this.take(request, found === 'duplicate' ? null : found),
    );
  }
}
