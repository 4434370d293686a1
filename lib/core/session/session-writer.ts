import { isStoreFailure } from '../errors.js';
import { NO_CHANGES, type Changes, type SessionRecord } from '../store/session-record.js';
import { chain, onFailure, type Awaitable } from '../util/awaitable.js';
import type { CommitPlan } from './commit-plan.js';
import { isRecordExpired } from './expiry.js';
import { dropMoved } from './missing-record.js';
import { STAMP } from './own-attributes.js';
import { proposeOwn } from './own-edits.js';
import type { Updates } from './pending-updates.js';
import { collisionError, conflictError, goneError, limitError } from './session-errors.js';
import { reportCreated, reportMoved } from './session-events.js';
import { MOST_MERGES, patch, remaining, withUpdates } from './session-patch.js';
import { mergedRecord, wholeRecord } from './session-records.js';
import { remove } from './session-removal.js';
import type { SessionState } from './session-state.js';
import { NOTHING_UNSETTLED, type Wanted } from './unsettled-writes.js';
import { checkStamp } from './stamp-check.js';
import { withStamp } from './stamp-binding.js';
import { moveTerms } from './write-terms.js';

const MOST_IDS_TRIED = 4;

/** Carries out the write of a plan: one store call, and more only where other requests interfere. */
export function write(state: SessionState, plan: CommitPlan['write'], changes: Changes): Awaitable<void> {
  switch (plan) {
    case 'create':
      return create(state, changes);
    case 'rekey':
      return rekey(state);
    case 'patch':
      return patch(state, changes);
    case 'touch':
      return touch(state);
    case 'delete':
      return remove(state);
    case 'none':
      return undefined;
  }
}

/** Creates the record, under another id where a store already uses this one. */
function create(state: SessionState, changes: Changes): Awaitable<void> {
  // No other request can have changed a new record: the functions need not run again.
  state.attributes.takeUpdates();
  return createRecord(state, wholeRecord(state, changes), 1);
}

function createRecord(state: SessionState, record: SessionRecord, tried: number): Awaitable<void> {
  const { store, terms, features } = state.parts;
  const key = store.keyOf(state.id);
  return chain(store.create(key, record, terms?.login), (result) => {
    if (result === 'limit') throw limitError();
    if (result === 'collision') {
      nextId(state, tried);
      return createRecord(state, record, tried + 1);
    }
    state.saved(key, record, record);
    state.isStamped = true;
    if (features.sink.isOn || state.pending !== null) reportCreated(state);
    return undefined;
  });
}

function nextId(state: SessionState, tried: number): void {
  // First: the id belongs to another session, so it must not stay here after the error.
  state.dropId();
  if (tried === MOST_IDS_TRIED) throw collisionError(MOST_IDS_TRIED);
}

/** A touch that fails does not fail the response, unless the application has called `touch()`. */
function touch(state: SessionState): Awaitable<void> {
  const forgive = (error: unknown): void => {
    if (state.stored?.isTouched === true || !isStoreFailure(error)) throw error;
  };
  try {
    const touched = patch(state, NO_CHANGES);
    return touched instanceof Promise ? touched.catch(forgive) : touched;
  } catch (error) {
    return forgive(error);
  }
}

/**
 * Moves the record to the new id. If it is gone, another request has ended or moved it, and its attributes
 * are not created again: what this request has set since becomes a new session (two logins by one double
 * click).
 */
function rekey(state: SessionState): Awaitable<void> {
  const moved = withUpdates(state, (updates) => move(state, updates));
  return chain(moved, (isMoved) => {
    if (isMoved) return undefined;
    if (!dropMoved(state)) return state.lose();
    // It was bound to its user just now.
    if (state.needsStamp) return withStamp(state, () => create(state, state.changes()));
    return create(state, state.changes());
  });
}

/** A record to move, and what was tried. */
interface Move extends Wanted {
  /** The record of this request. */
  readonly mine: SessionRecord;
  /** The same, merged with changes of other requests. */
  readonly record: SessionRecord;
  /** The revision that the store must hold; `null` for any. */
  readonly revision: number | null;
  readonly ids: number;
  readonly merges: number;
}

/** Moves the record, merged with changes of other requests. Returns `false` where it is gone. */
function move(state: SessionState, updates: Updates): Awaitable<boolean> {
  const changes = state.changes();
  const mine = wholeRecord(state, changes);
  // Where nothing is kept, changes of other requests do not matter.
  const isEmpty = state.moving !== 'all' && state.moving?.size === 0;
  const revision = isEmpty ? null : state.stored!.record.revision;
  return tryMove(state, { changes, updates, mine, record: mine, revision, ids: 1, merges: 0 });
}

function tryMove(state: SessionState, tried: Move): Awaitable<boolean> {
  const { store, terms: all } = state.parts;
  const { mine, record, revision } = tried;
  const to = store.keyOf(state.id);
  const remember = (): void => {
    const { moved, patches } = state.unsettled;
    state.unsettled = { moved: moved ?? mine, patches };
  };
  // A store that fails may have applied it.
  const terms = all === null ? undefined : moveTerms(all, state);
  const moved = onFailure(() => store.rekey(state.stored!.key, to, record, revision, terms), remember);
  return chain(moved, (result) => {
    if (result === 'missing') return findMoved(state);
    if (result === 'limit') throw limitError();
    if (result === 'collision') {
      nextId(state, tried.ids);
      return tryMove(state, { ...tried, ids: tried.ids + 1 });
    }
    if (result !== 'applied' && 'conflict' in result)
      return tryMove(state, mergedMove(state, tried, result.conflict));
    state.saved(to, mine, record);
    state.unsettled = NOTHING_UNSETTLED;
    if (state.pending !== null) reportMoved(state);
    return true;
  });
}

/** The same move, merged with the record that the store holds. */
function mergedMove(state: SessionState, tried: Move, held: SessionRecord): Move {
  if (tried.merges === MOST_MERGES) throw conflictError(MOST_MERGES);
  const { changes, updates } = remaining(state, tried, held);
  const record = mergedRecord(state, held, changes, updates);
  return { ...tried, record, revision: held.revision, merges: tried.merges + 1 };
}

/** If the store has applied an earlier move that failed, the later changes patch the moved record. */
async function findMoved(state: SessionState): Promise<boolean> {
  if (!(await adoptMoved(state))) return false;
  await patch(state, state.changes());
  return true;
}

/**
 * Adopts the record of an earlier move that failed, where the store has applied it. Returns whether it has.
 */
export async function adoptMoved(state: SessionState): Promise<boolean> {
  const { moved, patches } = state.unsettled;
  if (moved === null) return false;
  const key = state.parts.store.keyOf(state.id);
  const record = await state.parts.store.load(key);
  if (record === null) return false;
  state.unsettled = { moved: null, patches };
  state.saved(key, moved, record);
  if (state.pending !== null) reportMoved(state);
  return true;
}

/**
 * Loads the record again and drops what was not saved.
 * @throws SessionError `ERR_SESSION_GONE`, also where the credential of the user has changed.
 */
export async function reload(state: SessionState): Promise<void> {
  const { parts, request } = state;
  // The record of an id that is not stored yet belongs to the id before.
  const key = state.stored === null || state.moving !== null ? null : state.stored.key;
  const record = key === null ? null : await parts.store.load(key);
  if (key === null || record === null) throw goneError('reloaded');
  if (isRecordExpired(record, parts.lifetimes, request.cookies, state.now)) throw goneError('reloaded');
  const checked = await checkStamp(parts, { candidate: { id: state.id, current: true }, key, record });
  if (checked === null) throw goneError('reloaded');
  state.attributes.takeUpdates();
  state.unsettled = NOTHING_UNSETTLED;
  state.adopt(key, checked.record);
  if (checked.stamp !== undefined) proposeOwn(state, STAMP, checked.stamp);
}
