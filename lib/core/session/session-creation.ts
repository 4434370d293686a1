import type { SessionKey } from '../session-id.js';
import type { Changes, SessionRecord } from '../store/session-record.js';
import type { PrincipalLimit } from '../store/session-store.js';
import { chain, onFailure, type Awaitable } from '../util/awaitable.js';
import { adoptAndPatch } from './earlier-write.js';
import { limitOf } from './login-limit.js';
import { collisionError } from './session-errors.js';
import { limitReached, reportCreated, reportEvicted } from './session-events.js';
import { wholeRecord } from './session-records.js';
import type { SessionState } from './session-state.js';
import { createTerms } from './write-terms.js';

const MOST_IDS_TRIED = 4;

/** A record to create, and how many ids were tried. */
interface Creation {
  readonly record: SessionRecord;
  readonly limit: PrincipalLimit | null;
  readonly tried: number;
}

/** Creates the record, under another id where a store already uses this one. */
export function create(state: SessionState, changes: Changes): Awaitable<void> {
  const limit = limitOf(state);
  // Most writes have no limit: they need no closure.
  return limit instanceof Promise
    ? limit.then((one) => createWith(state, changes, one))
    : createWith(state, changes, limit);
}

function createWith(state: SessionState, changes: Changes, limit: PrincipalLimit | null): Awaitable<void> {
  // No other request can have changed a new record: the functions need not run again.
  state.attributes.takeUpdates();
  return createRecord(state, { record: wholeRecord(state, changes), limit, tried: 1 });
}

function createRecord(state: SessionState, creation: Creation): Awaitable<void> {
  const { record, limit } = creation;
  const { store, features } = state.parts;
  const key = store.keyOf(state.id);
  return chain(send(state, key, creation), (result) => {
    if (result === 'limit' || result === 'collision') return settleRefused(state, creation, result);
    state.saved(key, record, record);
    state.isStamped = true;
    if (limit !== null) forgetFailed(state);
    if (features.sink.isOn || state.pending !== null) reportCreated(state);
    if (typeof result === 'object') reportEvicted(state, result, limit!);
    return undefined;
  });
}

/**
 * Remembers a login that fails: the store may have applied it, and then it counts as a session of the user.
 */
function send(state: SessionState, key: SessionKey, { record, limit }: Creation) {
  const { store } = state.parts;
  const terms = createTerms(state, limit);
  if (limit === null) return store.create(key, record, terms);
  return onFailure(
    () => store.create(key, record, terms),
    () => {
      const { moved, patches } = state.unsettled;
      state.unsettled = { moved: moved ?? record, patches };
    },
  );
}

/**
 * The store has refused the record. The session that is in the way may be the one of an attempt that failed.
 */
function settleRefused(
  state: SessionState,
  creation: Creation,
  result: 'limit' | 'collision',
): Awaitable<void> {
  const next = (): Awaitable<void> => {
    if (result === 'limit') throw limitReached(state, creation.limit!);
    forgetFailed(state);
    nextId(state, creation.tried);
    return createRecord(state, { ...creation, tried: creation.tried + 1 });
  };
  if (state.unsettled.moved === null) return next();
  return adoptAndPatch(state).then((isAdopted) => (isAdopted ? undefined : next()));
}

function forgetFailed(state: SessionState): void {
  if (state.unsettled.moved !== null) state.unsettled = { moved: null, patches: state.unsettled.patches };
}

/** @throws SessionError `ERR_SESSION_ID` */
export function nextId(state: SessionState, tried: number): void {
  // First: the id belongs to another session, so it must not stay here after the error.
  state.dropId();
  if (tried === MOST_IDS_TRIED) throw collisionError(MOST_IDS_TRIED);
}
