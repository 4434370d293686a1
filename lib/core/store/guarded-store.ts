import type { Clock } from '../util/clock.js';
import { isTimeout, SessionError, timeoutError } from '../errors.js';
import type { SessionEventListener } from '../session-event.js';
import { sessionHandle, type SessionId, sessionKey, type SessionKey } from '../session-id.js';
import { isSessionRecord, type SessionPatch, type SessionRecord } from './session-record.js';
import { isCreateResult, isDeleteResult, isPatchResult, isRekeyResult } from './store-results.js';
import { chain, type Awaitable } from '../util/awaitable.js';
import { describeKind } from '../util/describe-value.js';
import type { SessionKeying, SessionStore, WriteTerms } from './session-store.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { Deadline } from '../util/deadline.js';

/** A store as the engine uses it: a record that cannot be read counts as absent. */
export interface GuardedStore extends Omit<SessionStore, 'load'>, SessionKeying {
  /** The record, unless the epoch of the realm refuses it. */
  load(key: SessionKey): Awaitable<SessionRecord | null>;
  /** The same, and whether the epoch refuses it. */
  look(key: SessionKey): Awaitable<SessionRecord | 'revoked' | null>;
}

/** What guards a store. */
export interface StoreGuard {
  /** Longest time to wait for a result; `null` for no limit. Milliseconds. */
  readonly storeTimeoutMs: number | null;
  readonly clock: Clock;
  readonly onEvent: SessionEventListener;
  /** The realm whose epoch refuses records; `null` where the store has no epochs. */
  readonly realm?: string | null;
}

/**
 * Wraps a store. Whatever the store throws or rejects with, an invalid result, and a timeout become one
 * `ERR_SESSION_STORE`. A record that cannot be read becomes an event. A result that the store returns
 * synchronously is returned synchronously.
 */
export function guardStore(store: SessionStore & Partial<SessionKeying>, guard: StoreGuard): GuardedStore {
  return new GuardedStoreCalls(store, guard);
}

/** How many unreadable records are remembered, so that each emits one event. */
const MOST_CORRUPT = 1000;

class GuardedStoreCalls implements GuardedStore {
  readonly #store: SessionStore & Partial<SessionKeying>;
  readonly #onEvent: SessionEventListener;
  readonly #breaker: CircuitBreaker;
  readonly #limit: Deadline | null;
  readonly #realm: string | undefined;
  readonly #corrupt = new Set<SessionKey>();

  constructor(store: SessionStore & Partial<SessionKeying>, guard: StoreGuard) {
    const { storeTimeoutMs, clock, onEvent, realm = null } = guard;
    this.#realm = realm ?? undefined;
    this.#store = store;
    this.#onEvent = onEvent;
    this.#breaker = new CircuitBreaker(clock, onEvent);
    this.#limit = storeTimeoutMs === null ? null : new Deadline(storeTimeoutMs);
  }

  keyOf(id: SessionId): SessionKey {
    return this.#store.keyOf === undefined ? sessionKey(id) : this.#store.keyOf(id);
  }

  load(key: SessionKey): Awaitable<SessionRecord | null> {
    return chain(this.look(key), (record) => (record === 'revoked' ? null : record));
  }

  look(key: SessionKey): Awaitable<SessionRecord | 'revoked' | null> {
    const found = this.#call('load', null, () => this.#store.load(key, this.#realm));
    if (found instanceof Promise) return found.then((record) => this.#readable(key, record));
    return this.#readable(key, found);
  }

  create(key: SessionKey, record: SessionRecord, terms?: WriteTerms): ReturnType<SessionStore['create']> {
    return this.#call('create', isCreateResult, () => this.#store.create(key, record, terms));
  }

  patch(key: SessionKey, patch: SessionPatch): ReturnType<SessionStore['patch']> {
    return this.#call('patch', isPatchResult, () => this.#store.patch(key, patch));
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): ReturnType<SessionStore['rekey']> {
    return this.#call('rekey', isRekeyResult, () => this.#store.rekey(from, to, record, revision, terms));
  }

  delete(key: SessionKey): ReturnType<SessionStore['delete']> {
    return this.#call('delete', isDeleteResult, () => this.#store.delete(key));
  }

  #readable(
    key: SessionKey,
    record: SessionRecord | 'corrupt' | 'revoked' | null,
  ): SessionRecord | 'revoked' | null {
    if (record === 'revoked' || isSessionRecord(record)) return record;
    if (record != null) this.#reportCorrupt(key);
    return null;
  }

  /** Emits one event, however often the browser sends the id. */
  #reportCorrupt(key: SessionKey): void {
    if (this.#corrupt.has(key)) return;
    if (this.#corrupt.size >= MOST_CORRUPT) this.#corrupt.clear();
    this.#corrupt.add(key);
    this.#onEvent({ type: 'corrupt-record', handle: handleOf(key, this.#store) });
  }

  #call<T>(
    operation: string,
    isResult: ((result: T) => boolean) | null,
    call: () => Awaitable<T>,
  ): Awaitable<T> {
    if (!this.#breaker.isQuiet && !this.#breaker.admits()) throw timeoutError(operation);
    try {
      const result = call();
      const isPromise = typeof (result as { then?: unknown } | null)?.then === 'function';
      if (isPromise) return this.#await(operation, isResult, result as Promise<T>);
      return this.#accept(operation, isResult, result as T);
    } catch (cause) {
      throw this.#fail(operation, cause);
    }
  }

  #await<T>(
    operation: string,
    isResult: ((result: T) => boolean) | null,
    pending: PromiseLike<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const late = (): void => {
        const error = timeoutError(operation);
        this.#breaker.timedOut(error);
        reject(error);
      };
      const waiting = this.#limit?.start(late);
      pending.then(
        (result) => {
          if (this.#isLate(waiting)) return;
          try {
            resolve(this.#accept(operation, isResult, result));
          } catch (cause) {
            reject(this.#fail(operation, cause));
          }
        },
        (cause: unknown) => {
          if (!this.#isLate(waiting)) reject(this.#fail(operation, cause));
        },
      );
    });
  }

  /** Whether the call has timed out. A call that has not is done now. */
  #isLate(waiting: ReturnType<Deadline['start']> | undefined): boolean {
    if (waiting === undefined) return false;
    if (waiting.isDone) return true;
    this.#limit!.done(waiting);
    return false;
  }

  #accept<T>(operation: string, isResult: ((result: T) => boolean) | null, result: T): T {
    if (isResult !== null && !isResult(result))
      throw new TypeError(`The store returned an invalid result of ${operation}: ${describeKind(result)}.`);
    if (!this.#breaker.isQuiet) this.#breaker.responded();
    return result;
  }

  #fail(operation: string, cause: unknown): SessionError {
    const error = asFailure(operation, cause);
    if (isTimeout(error)) this.#breaker.timedOut(error);
    else if (error.code === 'ERR_SESSION_STORE') this.#breaker.failed(error);
    else this.#breaker.responded();
    return error;
  }
}

/** The handle of the session. A store with keys of its own uses the id as the key. */
function handleOf(key: SessionKey, { keyOf }: Partial<SessionKeying>): string {
  return sessionHandle(keyOf === undefined ? key : sessionKey(key as string as SessionId));
}

/** The error of a store call that failed: `ERR_SESSION_STORE`. */
export function asFailure(operation: string, cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  // The cause may contain keys or connection strings: it is for logs only.
  return new SessionError('ERR_SESSION_STORE', `The session store failed to ${operation} a session.`, {
    cause,
  });
}
