import type { SessionRecord } from '../store/session-record.js';
import { LOGIN } from './own-attributes.js';
import { reportCreated, reportMoved } from './session-events.js';
import { patch } from './session-patch.js';
import type { SessionState } from './session-state.js';

/**
 * If the store has applied an earlier move or create that failed, adopts its record and patches it with the
 * later changes. Returns whether it has.
 */
export async function adoptAndPatch(state: SessionState): Promise<boolean> {
  if (!(await adoptMoved(state))) return false;
  await patch(state, state.changes());
  return true;
}

/**
 * Adopts the record of an earlier move or limited create that failed, where the store has applied it. Returns
 * whether it has.
 */
export async function adoptMoved(state: SessionState): Promise<boolean> {
  const { moved, patches } = state.unsettled;
  if (moved === null) return false;
  const key = state.parts.store.keyOf(state.id);
  const record = await state.parts.store.load(key);
  if (record === null) return false;
  const isCreated = state.stored === null;
  // An id of `genid` may belong to another session.
  if (isCreated && !isSameLogin(moved, record)) return false;
  state.unsettled = { moved: null, patches };
  state.saved(key, moved, record);
  if (isCreated) {
    state.isStamped = true;
    reportCreated(state);
  } else if (state.pending !== null) reportMoved(state);
  return true;
}

function isSameLogin(one: SessionRecord, other: SessionRecord): boolean {
  const isSame = one.createdAt === other.createdAt && one.principal === other.principal;
  return isSame && one.attributes.get(LOGIN) === other.attributes.get(LOGIN);
}
