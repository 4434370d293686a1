import { isStoreFailure } from '../errors.js';
import { NO_CHANGES, type Changes, type SessionRecord } from '../store/session-record.js';
import type { PrincipalLimit } from '../store/session-store.js';
import { chain, onFailure, type Awaitable } from '../util/awaitable.js';
import type { CommitPlan } from './commit-plan.js';
import { adoptAndPatch } from './earlier-write.js';
import { isRecordExpired } from './expiry.js';
import { limitOf } from './login-limit.js';
import { dropMoved } from './missing-record.js';
import { STAMP } from './own-attributes.js';
import { proposeOwn } from './own-edits.js';
import type { Updates } from './pending-updates.js';
import { create, nextId } from './session-creation.js';
import { conflictError, goneError } from './session-errors.js';
import { limitReached, reportEvicted, reportMoved } from './session-events.js';
import { MOST_MERGES, patch, remaining, withUpdates } from './session-patch.js';
import { mergedRecord, wholeRecord } from './session-records.js';
import { remove } from './session-removal.js';
import type { SessionState } from './session-state.js';
import { NOTHING_UNSETTLED, type Wanted } from './unsettled-writes.js';
import { checkStamp } from './stamp-check.js';
import { withStamp } from './stamp-binding.js';
import { moveTerms } from './write-terms.js';

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

/** A touch that fails does not fail the response, unless the application has called `touch()`. */
export function touch(state: SessionState): Awaitable<void> {
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
  const run = (limit: PrincipalLimit | null): Awaitable<boolean> =>
    withUpdates(state, (updates) => move(state, updates, limit));
  const moved = state.parts.features.limit === null ? run(null) : chain(limitOf(state), run);
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
  readonly limit: PrincipalLimit | null;
  readonly ids: number;
  readonly merges: number;
}

/** Moves the record, merged with changes of other requests. Returns `false` where it is gone. */
function move(state: SessionState, updates: Updates, limit: PrincipalLimit | null): Awaitable<boolean> {
  const changes = state.changes();
  const mine = wholeRecord(state, changes);
  // Where nothing is kept, changes of other requests do not matter.
  const isEmpty = state.moving !== 'all' && state.moving?.size === 0;
  const revision = isEmpty ? null : state.stored!.record.revision;
  return tryMove(state, { changes, updates, mine, record: mine, revision, limit, ids: 1, merges: 0 });
}

function tryMove(state: SessionState, tried: Move): Awaitable<boolean> {
  const { store } = state.parts;
  const { mine, record, revision, limit } = tried;
  const to = store.keyOf(state.id);
  const remember = (): void => {
    const { moved, patches } = state.unsettled;
    state.unsettled = { moved: moved ?? mine, patches };
  };
  const terms = moveTerms(state, limit);
  // A store that fails may have applied it.
  const moved = onFailure(() => store.rekey(state.stored!.key, to, record, revision, terms), remember);
  return chain(moved, (result) => {
    if (result === 'missing') return adoptAndPatch(state);
    if (result === 'limit') return settleRefused(state, limit!);
    if (result === 'collision') {
      nextId(state, tried.ids);
      return tryMove(state, { ...tried, ids: tried.ids + 1 });
    }
    if (typeof result === 'object' && 'conflict' in result)
      return tryMove(state, mergedMove(state, tried, result.conflict));
    state.saved(to, mine, record);
    state.unsettled = NOTHING_UNSETTLED;
    if (state.pending !== null) reportMoved(state);
    if (typeof result === 'object') reportEvicted(state, result, limit!);
    return true;
  });
}

/** The session that is one too many may be this one: the store may have applied a move that failed. */
function settleRefused(state: SessionState, limit: PrincipalLimit): Awaitable<boolean> {
  if (state.unsettled.moved === null) throw limitReached(state, limit);
  return adoptAndPatch(state).then((isAdopted) => {
    if (!isAdopted) throw limitReached(state, limit);
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
