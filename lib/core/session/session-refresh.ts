import type { SessionKey } from '../session-id.js';
import type { SessionRecord } from '../store/session-record.js';
import { isRecordExpired } from './expiry.js';
import { STAMP } from './own-attributes.js';
import { proposeOwn } from './own-edits.js';
import { handlesOf } from './session-identity.js';
import type { SessionState } from './session-state.js';
import { checkStamp } from './stamp-check.js';
import { snapshotOf } from './stored-snapshot.js';

/** Why no store holds a live session any more. `gone`: another request has ended it. */
export type Loss = 'gone' | 'revoked' | 'expired';

/** Finds the key of a session that has a new id, by its user and its handle; `null` if there is none. */
export type FindMoved = (principal: string, handle: string) => Promise<SessionKey | null>;

/**
 * Loads the record of a session that outlives its request, such as that of a socket. What the session shows
 * does not change. A session that has got a new id meanwhile is followed where it has a user.
 *
 * @throws SessionError `ERR_SESSION_STORE`
 */
export async function probe(state: SessionState, findMoved: FindMoved): Promise<SessionRecord | Loss> {
  const { stored, parts, request } = state;
  if (stored === null) return 'gone';
  const record = await look(state, findMoved);
  if (typeof record === 'string') return record;
  if (isRecordExpired(record, parts.lifetimes, request.cookies, state.now)) return 'expired';
  const candidate = { id: state.id, current: true };
  const checked = await checkStamp(parts, { candidate, key: state.stored!.key, record });
  if (checked === null) return 'revoked';
  if (checked.stamp !== undefined) proposeOwn(state, STAMP, checked.stamp);
  return checked.record;
}

/** The record under the key of the session, or under its new one. */
async function look(state: SessionState, findMoved: FindMoved): Promise<SessionRecord | Loss> {
  const { store } = state.parts;
  const found = await store.look(state.stored!.key);
  if (found !== null) return found;
  const { principal } = state.identity;
  const key = principal === null ? null : await findMoved(principal, handlesOf(state)[0]);
  if (key === null) return 'gone';
  const moved = await store.look(key);
  if (moved === null || moved === 'revoked') return moved ?? 'gone';
  state.stored = { ...state.stored!, key };
  return moved;
}

/**
 * Reads the session again: it shows what the store holds, except where the application has changed an
 * attribute and not saved it. Returns why the session has ended; `null` if it lives, or was never stored.
 *
 * @throws SessionError `ERR_SESSION_STORE`
 */
export async function refresh(state: SessionState, findMoved: FindMoved): Promise<Loss | null> {
  if (state.stored === null) return state.isGone ? 'gone' : null;
  const record = await probe(state, findMoved);
  if (typeof record === 'string') {
    state.lose();
    return record;
  }
  show(state, record);
  return null;
}

function show(state: SessionState, record: SessionRecord): void {
  const { key, isTouched, hasNewId, cookieSettings } = state.stored!;
  const isCookieKept = state.cookie.differsFrom(cookieSettings);
  state.identity = record;
  state.stored = { ...snapshotOf(key, record, hasNewId), isTouched };
  if (!isCookieKept) state.cookie.use(state.seed(state.stored.cookieSettings, record.touchedAt));
  state.attributes.showStored(record.attributes);
}
