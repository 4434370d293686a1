import type { Clock } from './clock.js';
import { SessionError } from './session-error.js';
import type { SessionEventListener } from './session-events.js';
import type { SessionId } from './session-id.js';
import { sessionHandle, sessionKey, type SessionKey } from './session-key.js';
import { isSessionRecord, type SessionRecord } from './session-record.js';
import type { SessionKeying, SessionStore } from './session-store.js';
import { StoreHealth } from './store-health.js';
import { withinLimit } from './time-limit.js';

/** A store as the engine uses it: what cannot be read is not there. */
export interface GuardedStore extends Omit<SessionStore, 'load'>, SessionKeying {
  load(key: SessionKey): Promise<SessionRecord | null>;
}

/** What guards a store. */
export interface StoreGuard {
  /** Longest time to wait for an answer; `null` for as long as it takes. Milliseconds. */
  readonly storeTimeoutMs: number | null;
  readonly clock: Clock;
  readonly onEvent: SessionEventListener;
}

type Guarded = <T>(operation: string, isAnswer: (answer: T) => boolean, call: () => Promise<T>) => Promise<T>;

/**
 * A store behind a wall: whatever it throws or rejects with, whatever it answers that is no answer, and where it does not
 * answer at all, it becomes one `ERR_SESSION_STORE`. What cannot be read becomes an event.
 */
export function guardStore(store: SessionStore & Partial<SessionKeying>, guard: StoreGuard): GuardedStore {
  const guarded = guardCalls(guard);
  const oneOf = (...words: readonly unknown[]) => {
    return (answer: unknown) => words.includes(answer) || isConflict(answer, words);
  };
  return {
    keyOf: (id) => (store.keyOf === undefined ? sessionKey(id) : store.keyOf(id)),
    load: async (key) => {
      const record = await guarded(
        'load',
        () => true,
        () => store.load(key),
      );
      if (isSessionRecord(record)) return record;
      if (record != null) guard.onEvent({ type: 'corrupt-record', handle: handleOf(key, store) });
      return null;
    },
    create: (key, record) =>
      guarded('create', oneOf('created', 'collision'), () => store.create(key, record)),
    patch: (key, patch) =>
      guarded('patch', oneOf('applied', 'missing', CONFLICT), () => store.patch(key, patch)),
    rekey: (from, to, record, revision) =>
      guarded('rekey', oneOf('applied', 'missing', 'collision', CONFLICT), () =>
        store.rekey(from, to, record, revision),
      ),
    delete: (key) => guarded('delete', oneOf('deleted', 'missing'), () => store.delete(key)),
  };
}

/** The same public name that the session itself has, also where its store files it under its id. */
function handleOf(key: SessionKey, { keyOf }: Partial<SessionKeying>): string {
  return sessionHandle(keyOf === undefined ? key : sessionKey(key as string as SessionId));
}

const CONFLICT = Symbol('a conflict');

function isConflict(answer: unknown, words: readonly unknown[]): boolean {
  if (!words.includes(CONFLICT) || typeof answer !== 'object' || answer === null) return false;
  return isSessionRecord((answer as { readonly conflict?: unknown }).conflict);
}

function guardCalls({ storeTimeoutMs, clock, onEvent }: StoreGuard): Guarded {
  const health = new StoreHealth(clock, onEvent);
  return async (operation, isAnswer, call) => {
    if (!health.admits()) throw unanswered(operation);
    let late: SessionError | null = null;
    try {
      const pending = Promise.resolve(call());
      const answer = await (storeTimeoutMs === null
        ? pending
        : withinLimit(pending, storeTimeoutMs, () => (late = unanswered(operation))));
      if (!isAnswer(answer)) throw new TypeError(`That is no answer to ${operation}: ${typeof answer}.`);
      health.answered();
      return answer;
    } catch (cause) {
      const error = asFailure(operation, cause);
      if (error === late) health.unanswered(error);
      else if (error.code === 'ERR_SESSION_STORE') health.failed(error);
      else health.answered();
      throw error;
    }
  };
}

function asFailure(operation: string, cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  // The cause may name keys or connection strings: it is for logs, the message is for anyone.
  return new SessionError('ERR_SESSION_STORE', `The session store failed to ${operation} a session.`, {
    cause,
  });
}

function unanswered(operation: string): SessionError {
  return new SessionError(
    'ERR_SESSION_STORE',
    `The session store did not answer in time to ${operation} a session.`,
  );
}
