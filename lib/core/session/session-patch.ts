import { rebaseChanges } from '../merge/rebase.js';
import type { SessionKey } from '../session-id.js';
import type { Changes, SessionPatch, SessionRecord } from '../store/session-record.js';
import type { Conflict } from '../store/session-store.js';
import { chain, onFailure, type Awaitable } from '../util/awaitable.js';
import { isRecordExpired } from './expiry.js';
import { findMoved, isFollowed } from './moved-session.js';
import { NO_UPDATES, type Updates } from './pending-updates.js';
import { conflictError } from './session-errors.js';
import { mergedPatch, patchOf } from './session-records.js';
import type { SessionState } from './session-state.js';
import { leftToWrite, NOTHING_UNSETTLED, type Wanted } from './unsettled-writes.js';

/** How often a write is merged with changes of other requests before it fails. */
export const MOST_MERGES = 64;

/** Applies changes to the record, merged with those of other requests. An empty patch is a touch. */
export function patch(state: SessionState, changes: Changes): Awaitable<void> {
  const { key, record } = state.stored!;
  const isPassive = state.request.isPassive === true && !state.stored!.isTouched;
  if (!isPassive && !(isFollowed(state) && isExpired(state, record)))
    return patchRecord(state, changes, record);
  return chain(state.parts.store.load(key), (held) => {
    if (held === null) return isFollowed(state) ? patchMoved(state, changes, NO_UPDATES) : state.lose();
    // No message of a socket revives a session: see OWASP ASVS 5.0, 7.3.1, and requirement S-34.
    if (isFollowed(state) && isExpired(state, held)) return state.lose();
    // A passive patch leaves the times of the record as they are: other requests may have extended it
    // meanwhile.
    return patchRecord(state, changes, isPassive ? { ...record, ...timesIn(held) } : record);
  });
}

const isExpired = ({ parts, request, now }: SessionState, record: SessionRecord): boolean =>
  isRecordExpired(record, parts.lifetimes, request.cookies, now);

const timesIn = ({ touchedAt, expiresAt }: SessionRecord) => ({ touchedAt, expiresAt });

/** `record` is what the patch is based on. */
function patchRecord(state: SessionState, changes: Changes, record: SessionRecord): Awaitable<void> {
  const { key } = state.stored!;
  const mine = patchOf(state, changes, record);
  return withUpdates(state, (updates) => {
    const wanted = { changes: mine.changes, updates };
    const sent = updates === NO_UPDATES ? state.parts.store.patch(key, mine) : send(state, key, mine, wanted);
    return chain(sent, (result) => {
      if (result === 'missing' && isFollowed(state)) return patchMoved(state, changes, updates);
      if (typeof result !== 'object') return settle(state, result, mine, mine, null);
      return state.parts.conflicts.run(key, () => merge(state, key, mine, updates, result.conflict));
    });
  });
}

/** Applies the changes to the record under the new id that another request has given to the session. */
async function patchMoved(state: SessionState, changes: Changes, updates: Updates): Promise<void> {
  if (!(await findMoved(state))) return state.lose();
  state.attributes.giveBack(updates);
  return patch(state, changes);
}

/** Merges with what the store holds and tries again, each time another request was faster, up to a limit. */
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
    const merged = mergedPatch(state, changes, held);
    const result = await send(state, key, merged, wanted);
    if (result === 'missing' && isFollowed(state)) return patchMoved(state, mine.changes, updates);
    if (typeof result !== 'object') return settle(state, result, mine, merged, held);
    held = result.conflict;
  }
  throw conflictError(MOST_MERGES);
}

/**
 * Sends a patch. One that carries functions is remembered when it fails: the store may have applied it all
 * the same, and then the functions must not run again.
 */
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

/** What is left to write to a record, after failed patches that the store has applied all the same. */
export function remaining(state: SessionState, wanted: Wanted, held: SessionRecord): Wanted {
  return leftToWrite(wanted, held, state.unsettled.patches, (name) => state.attributes.base(name));
}

/**
 * Runs a write with the pending updates. If it fails, they are pending again: the next write carries them.
 */
export function withUpdates<T>(state: SessionState, run: (updates: Updates) => Awaitable<T>): Awaitable<T> {
  const updates = state.attributes.takeUpdates();
  if (updates === NO_UPDATES) return run(updates);
  return onFailure(
    () => run(updates),
    () => state.attributes.giveBack(updates),
  );
}
