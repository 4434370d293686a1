import type { SessionError } from '../errors.js';
import type { RejectionEvent } from '../session-event.js';
import { sessionHandle, sessionKey, type SessionId, type SessionKey } from '../session-id.js';
import { guardStore } from '../store/guarded-store.js';
import { hasEpochs } from '../store/store-powers.js';
import { NO_FEATURES } from './engine-features.js';
import type { SessionRecord } from '../store/session-record.js';
import { chain, type Awaitable } from '../util/awaitable.js';
import { KeyedQueue } from '../util/keyed-queue.js';
import { isRecordExpired, isRecordTouchDue } from './expiry.js';
import type { OpenSession } from './open-session.js';
import { HANDLE, readHandle, textsOfName } from './own-attributes.js';
import type {
  Candidate,
  EngineOptions,
  EngineParts,
  FoundSession,
  RequestContext,
} from './request-context.js';
import type { SessionCookieFactory } from './session-cookie.js';
import { SessionObject } from './session-object.js';
import { checkStamp } from './stamp-check.js';
import { engineTerms } from './write-terms.js';

/** Each candidate costs a store call. A browser has one, or two after a change of the cookie's domain. */
const MOST_CANDIDATES = 4;

/**
 * The session that the cookies of a request name, if any. `'duplicate'`: they name several, so none of them
 * is used.
 */
export type FindResult = FoundSession | 'duplicate' | null;

/** The same, or the error where the store failed and the request continues without a session. */
export type FoundOrFailed = FindResult | SessionError;

/** A candidate whose record was loaded. */
type KnownRecord = Pick<FoundSession, 'candidate' | 'record'>;

/** Why a candidate has no session, and its record where one was loaded. */
interface Refusal {
  readonly reason: RejectionEvent['reason'];
  readonly record: SessionRecord | null;
}

const UNKNOWN: Refusal = { reason: 'unknown-id', record: null };
const REVOKED: Refusal = { reason: 'revoked', record: null };

/** How far the search among several candidates is: the next one, and the session of those before. */
interface Search {
  readonly index: number;
  readonly found: FoundSession | null;
}

const START: Search = { index: 0, found: null };

/** Finds and opens sessions. */
export class SessionEngine {
  readonly #parts: EngineParts;

  constructor(options: EngineOptions) {
    const { store, features = NO_FEATURES } = options;
    const { realm } = features;
    const isStamping = hasEpochs(store);
    this.#parts = {
      ...options,
      features,
      named: textsOfName(realm),
      terms: isStamping ? engineTerms(realm) : null,
      store: guardStore(store, { ...options, realm: isStamping ? realm : null }),
      conflicts: new KeyedQueue(),
    };
  }

  /**
   * Loads the candidates and returns the session of the one that the store holds and that has not expired;
   * else `null`. An unknown id is never adopted. `'duplicate'` if two candidates have a session, or if there
   * are too many to load them all: one of them may be an attacker's.
   *
   * @throws SessionError `ERR_SESSION_STORE`, immediately or by the promise.
   */
  find(
    candidates: readonly Candidate[],
    cookies: SessionCookieFactory,
    { index, found }: Search = START,
  ): Awaitable<FindResult> {
    if (candidates.length > MOST_CANDIDATES) return this.#reject(candidates);
    const candidate = candidates[index];
    if (candidate === undefined) return found;
    const { store, lifetimes, clock, features } = this.#parts;
    const key = candidate.key ?? store.keyOf(candidate.id);
    const proceed = (one: FoundSession | null, refusal = UNKNOWN): Awaitable<FindResult> => {
      if (one !== null && found !== null) return this.#reject(candidates, [found, one]);
      const live = one ?? found;
      if (index + 1 < candidates.length)
        return this.find(candidates, cookies, { index: index + 1, found: live });
      if (live === null && features.sink.isOn) this.#reportRefusal(candidates, candidate, refusal);
      return live;
    };
    const choose = (record: SessionRecord | 'revoked' | null): Awaitable<FindResult> => {
      if (record === null) return proceed(null);
      if (record === 'revoked') return proceed(null, REVOKED);
      const isExpired = isRecordExpired(record, lifetimes, cookies, clock.now());
      if (isExpired) return proceed(null, { reason: 'expired', record });
      const one = { candidate, key, record };
      if (features.stamps === null) return candidates.length === 1 ? one : proceed(one);
      return chain(checkStamp(this.#parts, one), (checked) =>
        checked === null ? proceed(null, { reason: 'stamp', record }) : proceed(checked),
      );
    };
    const loaded = store.look(key);
    return loaded instanceof Promise ? loaded.then(choose) : choose(loaded);
  }

  #reject(candidates: readonly Candidate[], known: readonly KnownRecord[] = []): 'duplicate' {
    this.#parts.onEvent(this.#rejection('duplicate-cookie', candidates, known));
    return 'duplicate';
  }

  /** None of the candidates has a session. The reason is that of the last one. */
  #reportRefusal(candidates: readonly Candidate[], candidate: Candidate, { reason, record }: Refusal): void {
    const known = record === null ? [] : [{ candidate, record }];
    this.#parts.features.sink.emit(this.#rejection(reason, candidates, known));
  }

  #rejection(
    reason: RejectionEvent['reason'],
    candidates: readonly Candidate[],
    known: readonly KnownRecord[],
  ): RejectionEvent {
    const handles = candidates.map((candidate) => {
      const record = known.find((one) => one.candidate === candidate)?.record;
      return readHandle(record?.attributes.get(HANDLE)) ?? sessionHandle(sessionKey(candidate.id));
    });
    const { features, clock } = this.#parts;
    return { type: 'rejected', reason, handles, sessionName: features.realm, at: clock.now() };
  }

  /** The key of an id in this store. */
  keyOf(id: SessionId): SessionKey {
    return this.#parts.store.keyOf(id);
  }

  /** Opens the session of a request: the found one, or a new one. With an error it is not available. */
  createSession(request: RequestContext, found: FoundOrFailed): OpenSession {
    return SessionObject.open(this.#parts, request, found === 'duplicate' ? null : found);
  }

  /**
   * Whether a commit is due although the application has not read the session. A passive request is no
   * activity.
   */
  isCommitDue(found: FoundOrFailed, cookies: SessionCookieFactory, isPassive = false): boolean {
    const { policy, lifetimes, clock } = this.#parts;
    if (found === null || found === 'duplicate') return policy.saveUninitialized;
    if (!('record' in found)) return false;
    if (!found.candidate.current) return true;
    // A session from before the option `credentialStamp` is bound by the first request.
    if (found.stamp !== undefined) return true;
    if (isPassive) return false;
    if (policy.rolling || policy.resave) return true;
    return isRecordTouchDue(found.record, lifetimes, cookies, clock.now());
  }

  /** {@link find} and {@link createSession}. */
  open(request: RequestContext & { readonly candidates: readonly Candidate[] }): Awaitable<OpenSession> {
    return chain(this.find(request.candidates, request.cookies), (found) =>
      this.createSession(request, found),
    );
  }
}
