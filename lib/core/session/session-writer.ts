import { isStoreFailure } from '../errors.js';
import { rebaseChanges } from '../merge/rebase.js';
import type { SessionKey } from '../session-id.js';
import { NO_CHANGES, type Changes, type SessionPatch, type SessionRecord } from '../store/session-record.js';
import type { Conflict } from '../store/session-store.js';
import { chain, onFailure, type Awaitable } from '../util/awaitable.js';
import { COOKIE } from './attribute-name.js';
import type { CommitPlan } from './commit-plan.js';
import { collisionError, conflictError } from './lifecycle-errors.js';
import { NO_UPDATES, type Updates } from './pending-updates.js';
import { mergedRecord, patchOf, wholeRecord } from './session-records.js';
import type { SessionState } from './session-state.js';
import { leftToWrite, NOTHING_UNSETTLED, type Wanted } from './unsettled-writes.js';

const MOST_IDS_TRIED = 4;
const MOST_MERGES = 64;

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
  // The record is what this request holds: there is no value of others that functions could run on.
  state.attributes.takeUpdates();
  return createRecord(state, wholeRecord(state, changes), 1);
}

function createRecord(state: SessionState, record: SessionRecord, tried: number): Awaitable<void> {
  const { store } = state.parts;
  const key = store.keyOf(state.id);
  return chain(store.create(key, record), (result) => {
    if (result === 'created') return state.saved(key, record, record, true);
    nextId(state, tried);
    return createRecord(state, record, tried + 1);
  });
}

function nextId(state: SessionState, tried: number): void {
  if (tried === MOST_IDS_TRIED) throw collisionError(MOST_IDS_TRIED);
  state.dropId();
}

/** Applies changes to the record. An empty patch is a touch. */
function patch(state: SessionState, changes: Changes): Awaitable<void> {
  const { key, record } = state.stored!;
  const mine = patchOf(state, changes, record);
  return withUpdates(state, (updates) => {
    const wanted = { changes: mine.changes, updates };
    return chain(send(state, key, mine, wanted), (result) => {
      if (typeof result !== 'object') return settle(state, result, mine, mine, null);
      return state.parts.conflicts.run(key, () => merge(state, key, mine, updates, result.conflict));
    });
  });
}

/** Tries again with what the store holds, each time another request was faster, up to a limit. */
async function merge(
  state: SessionState,
  key: SessionKey,
  mine: SessionPatch,
  updates: Updates,
  found: SessionRecord,
): Promise<void> {
  const wanted = { changes: mine.changes, updates };
  for (let tried = 0, held = found; tried < MOST_MERGES; tried++) {
    const left = remaining(state, wanted, held);
    const changes = rebaseChanges(left.changes, held.attributes, left.updates);
    state.mergeCookie(changes.get(COOKIE)!.to, held.touchedAt);
    const merged = patchOf(state, changes, held);
    const result = await send(state, key, merged, wanted);
    if (typeof result !== 'object') return settle(state, result, mine, merged, held);
    held = result.conflict;
  }
  throw conflictError(MOST_MERGES);
}

/** Remembers a patch that carries functions and fails: if the store has applied it after all, they must not run again. */
function send(
  state: SessionState,
  key: SessionKey,
  sent: SessionPatch,
  wanted: Wanted,
): Awaitable<'applied' | 'missing' | Conflict> {
  const { store } = state.parts;
  if (wanted.updates === NO_UPDATES) return store.patch(key, sent);
  return onFailure(
    () => store.patch(key, sent),
    () => {
      const { moved, patches } = state.unsettled;
      state.unsettled = { moved, patches: [...patches, { ...wanted, patch: sent }] };
    },
  );
}

function settle(
  state: SessionState,
  result: 'applied' | 'missing',
  mine: SessionPatch,
  applied: SessionPatch,
  held: SessionRecord | null,
): void {
  state.unsettled = NOTHING_UNSETTLED;
  if (result === 'missing') state.lose();
  else state.patched(mine, applied, held);
}

/** A touch that fails does not fail the response, unless the application has asked for it. */
function touch(state: SessionState): Awaitable<void> {
  const { isTouched } = state.stored!;
  const forgive = (error: unknown): void => {
    if (isTouched || !isStoreFailure(error)) throw error;
  };
  try {
    const touched = patch(state, NO_CHANGES);
    return touched instanceof Promise ? touched.catch(forgive) : touched;
  } catch (error) {
    return forgive(error);
  }
}

/**
 * Moves the record to the new id. If it is gone, it was ended or moved by another request, and nothing of it may come back:
 * what this request has set since becomes a new session (two logins by one double click).
 */
async function rekey(state: SessionState): Promise<void> {
  const isMoved = await withUpdates(state, (updates) => move(state, updates));
  if (isMoved) return;
  if (state.dropMoved()) await create(state, state.changes());
  else state.lose();
}

/** Moves the record, with what other requests change in it meanwhile. Returns `false` where it is gone. */
async function move(state: SessionState, updates: Updates): Promise<boolean> {
  const { store } = state.parts;
  const { key: from, record: before } = state.stored!;
  const changes = state.changes();
  const mine = wholeRecord(state, changes);
  let record = mine;
  // A record of which nothing is kept may have changed in any way.
  let revision = state.moving !== 'all' && state.moving?.size === 0 ? null : before.revision;
  try {
    for (let ids = 1, merges = 0; ;) {
      const to = store.keyOf(state.id);
      const result = await store.rekey(from, to, record, revision);
      if (result === 'missing') return await findMoved(state, to);
      if (result === 'applied') {
        state.saved(to, mine, record, false);
        state.unsettled = { moved: null, patches: [] };
        return true;
      }
      if (result === 'collision') {
        nextId(state, ids++);
        continue;
      }
      if (merges++ === MOST_MERGES) throw conflictError(MOST_MERGES);
      const { conflict } = result;
      const left = remaining(state, { changes, updates }, conflict);
      record = mergedRecord(state, conflict, left.changes, left.updates);
      revision = conflict.revision;
    }
  } catch (error) {
    const { moved, patches } = state.unsettled;
    state.unsettled = { moved: moved ?? mine, patches };
    throw error;
  }
}

/** An earlier move that failed may have been applied: then what has changed since is written to the moved record. */
async function findMoved(state: SessionState, key: SessionKey): Promise<boolean> {
  if (!(await adoptMoved(state, key))) return false;
  await patch(state, state.changes());
  return true;
}

/** Returns whether the store holds the record of an earlier move that failed, which the session has then. */
export async function adoptMoved(state: SessionState, key: SessionKey): Promise<boolean> {
  const { moved, patches } = state.unsettled;
  if (moved === null) return false;
  const record = await state.parts.store.load(key);
  if (record === null) return false;
  state.unsettled = { moved: null, patches };
  state.saved(key, moved, record, false);
  return true;
}

/** Deletes the record. */
export function remove(state: SessionState): Awaitable<void> {
  const { stored } = state;
  const removed = stored === null ? null : state.parts.store.delete(stored.key);
  return chain(removed, () => void (state.stored = null));
}

/** Deletes the record of an id that was given up and not moved yet. A failure is reported by the event of the store. */
export async function endOldId(state: SessionState): Promise<void> {
  if (state.moving === null || state.stored === null) return;
  try {
    await state.parts.store.delete(state.stored.key);
  } catch {
    // Reported by the store's event.
  }
}

const remaining = (state: SessionState, wanted: Wanted, held: SessionRecord): Wanted =>
  leftToWrite(wanted, held, state.unsettled.patches, (name) => state.attributes.base(name));

/** A write that fails gives back the functions that it carried: the next one runs them. */
function withUpdates<T>(state: SessionState, run: (updates: Updates) => Awaitable<T>): Awaitable<T> {
  const updates = state.attributes.takeUpdates();
  if (updates === NO_UPDATES) return run(updates);
  return onFailure(
    () => run(updates),
    () => state.attributes.giveBack(updates),
  );
}
