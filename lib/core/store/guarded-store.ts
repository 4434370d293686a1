import type { Clock } from '../util/clock.js';
import { isUnanswered, SessionError, type SessionEventListener, unansweredError } from '../errors.js';
import { sessionHandle, type SessionId, sessionKey, type SessionKey } from '../session-id.js';
import { isSessionRecord, type SessionPatch, type SessionRecord } from './session-record.js';
import type { Awaitable } from '../util/awaitable.js';
import type { SessionKeying, SessionStore } from './session-store.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { Deadline } from '../util/deadline.js';

/** A store as the engine uses it: what cannot be read is not there. */
export interface GuardedStore extends Omit<SessionStore, 'load'>, SessionKeying {
  load(key: SessionKey): Awaitable<SessionRecord | null>;
}

/** What guards a store. */
export interface StoreGuard {
  /** Longest time to wait for an answer; `null` for as long as it takes. Milliseconds. */
  readonly storeTimeoutMs: number | null;
  readonly clock: Clock;
  readonly onEvent: SessionEventListener;
}

/**
 * A store behind a wall: whatever it throws or rejects with, whatever it answers that is no answer, and where it does not
 * answer at all, it becomes one `ERR_SESSION_STORE`. What cannot be read becomes an event. What it answers at once is
 * answered at once.
 */
export function guardStore(store: SessionStore & Partial<SessionKeying>, guard: StoreGuard): GuardedStore {
  return new StoreCalls(store, guard);
}

/** So many records that cannot be read are remembered as told. */
const MOST_CORRUPT = 1000;

class StoreCalls implements GuardedStore {
  readonly #store: SessionStore & Partial<SessionKeying>;
  readonly #onEvent: SessionEventListener;
  readonly #health: CircuitBreaker;
  readonly #limit: Deadline | null;
  readonly #corrupt = new Set<SessionKey>();

  constructor(store: SessionStore & Partial<SessionKeying>, { storeTimeoutMs, clock, onEvent }: StoreGuard) {
    this.#store = store;
    this.#onEvent = onEvent;
    this.#health = new CircuitBreaker(clock, onEvent);
    this.#limit = storeTimeoutMs === null ? null : new Deadline(storeTimeoutMs);
  }

  keyOf(id: SessionId): SessionKey {
    return this.#store.keyOf === undefined ? sessionKey(id) : this.#store.keyOf(id);
  }

  load(key: SessionKey): Awaitable<SessionRecord | null> {
    const found = this.#ask('load', null, () => this.#store.load(key));
    if (found instanceof Promise) return found.then((record) => this.#readable(key, record));
    return this.#readable(key, found);
  }

  create(key: SessionKey, record: SessionRecord): ReturnType<SessionStore['create']> {
    return this.#ask('create', isOfCreate, () => this.#store.create(key, record));
  }

  patch(key: SessionKey, patch: SessionPatch): ReturnType<SessionStore['patch']> {
    return this.#ask('patch', isOfPatch, () => this.#store.patch(key, patch));
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): ReturnType<SessionStore['rekey']> {
    return this.#ask('rekey', isOfRekey, () => this.#store.rekey(from, to, record, revision));
  }

  delete(key: SessionKey): ReturnType<SessionStore['delete']> {
    return this.#ask('delete', isOfDelete, () => this.#store.delete(key));
  }

  #readable(key: SessionKey, record: SessionRecord | 'corrupt' | null): SessionRecord | null {
    if (isSessionRecord(record)) return record;
    if (record != null) this.#tellCorrupt(key);
    return null;
  }

  /** Once, though its browser comes again and again. */
  #tellCorrupt(key: SessionKey): void {
    if (this.#corrupt.has(key)) return;
    if (this.#corrupt.size >= MOST_CORRUPT) this.#corrupt.clear();
    this.#corrupt.add(key);
    this.#onEvent({ type: 'corrupt-record', handle: handleOf(key, this.#store) });
  }

  #ask<T>(
    operation: string,
    isAnswer: ((answer: T) => boolean) | null,
    call: () => Awaitable<T>,
  ): Awaitable<T> {
    if (!this.#health.admits()) throw unansweredError(operation);
    try {
      const answer = call();
      const isPromise = typeof (answer as { then?: unknown } | null)?.then === 'function';
      if (isPromise) return this.#await(operation, isAnswer, answer as Promise<T>);
      return this.#accept(operation, isAnswer, answer as T);
    } catch (cause) {
      throw this.#fail(operation, cause);
    }
  }

  #await<T>(
    operation: string,
    isAnswer: ((answer: T) => boolean) | null,
    pending: PromiseLike<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const late = (): void => {
        const error = unansweredError(operation);
        this.#health.unanswered(error);
        reject(error);
      };
      const waiting = this.#limit?.start(late);
      pending.then(
        (answer) => {
          if (this.#isLate(waiting)) return;
          try {
            resolve(this.#accept(operation, isAnswer, answer));
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

  /** What comes after the limit is not heard. */
  #isLate(waiting: ReturnType<Deadline['start']> | undefined): boolean {
    if (waiting === undefined) return false;
    if (waiting.isDone) return true;
    this.#limit!.done(waiting);
    return false;
  }

  #accept<T>(operation: string, isAnswer: ((answer: T) => boolean) | null, answer: T): T {
    if (isAnswer !== null && !isAnswer(answer))
      throw new TypeError(`That is no answer to ${operation}: ${typeof answer}.`);
    this.#health.answered();
    return answer;
  }

  #fail(operation: string, cause: unknown): SessionError {
    const error = asFailure(operation, cause);
    if (isUnanswered(error)) this.#health.unanswered(error);
    else if (error.code === 'ERR_SESSION_STORE') this.#health.failed(error);
    else this.#health.answered();
    return error;
  }
}

const isOfCreate = (answer: unknown): boolean => answer === 'created' || answer === 'collision';
const isOfPatch = (answer: unknown): boolean =>
  answer === 'applied' || answer === 'missing' || isConflict(answer);
const isOfRekey = (answer: unknown): boolean => isOfPatch(answer) || answer === 'collision';
const isOfDelete = (answer: unknown): boolean => answer === 'deleted' || answer === 'missing';

function isConflict(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null) return false;
  return isSessionRecord((answer as { readonly conflict?: unknown }).conflict);
}

/** The same public name that the session itself has, also where its store files it under its id. */
function handleOf(key: SessionKey, { keyOf }: Partial<SessionKeying>): string {
  return sessionHandle(keyOf === undefined ? key : sessionKey(key as string as SessionId));
}

function asFailure(operation: string, cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  // The cause may name keys or connection strings: it is for logs, the message is for anyone.
  return new SessionError('ERR_SESSION_STORE', `The session store failed to ${operation} a session.`, {
    cause,
  });
}
