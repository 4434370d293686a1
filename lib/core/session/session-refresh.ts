import type { Awaitable } from '../util/awaitable.js';
import type { SessionRecord } from '../store/session-record.js';
import { isRecordExpired } from './expiry.js';
import { findMoved } from './moved-session.js';
import { needsTouch } from './session-facts.js';
import type { SessionState } from './session-state.js';
import { touch } from './session-writer.js';
import { checkStamp } from './stamp-check.js';
import { snapshotOf } from './stored-snapshot.js';

/** Why no store holds a live session any more. `gone`: another request has ended it. */
export type Loss = 'gone' | 'revoked' | 'expired';

/**
 * Loads the record of a session that outlives its request, such as that of a socket. What the session shows
 * does not change.
 *
 * @throws SessionError `ERR_SESSION_STORE`
 */
export async function probe(state: SessionState): Promise<SessionRecord | Loss> {
  const { stored, parts, request } = state;
  if (stored === null) return 'gone';
  const record = (await parts.store.look(stored.key)) ?? (await lookMoved(state));
  if (record === null) return 'gone';
  if (record === 'revoked') return 'revoked';
  if (isRecordExpired(record, parts.lifetimes, request.cookies, state.now)) return 'expired';
  const candidate = { id: state.id, current: true };
  const checked = await checkStamp(parts, { candidate, key: state.stored!.key, record });
  return checked?.record ?? 'revoked';
}

async function lookMoved(state: SessionState): Promise<SessionRecord | 'revoked' | null> {
  return (await findMoved(state)) ? state.parts.store.look(state.stored!.key) : null;
}

/**
 * Reads the session again: it shows what the store holds, except where the application has changed an
 * attribute and not saved it. Returns why the session has ended; `null` if it lives, or was never stored.
 *
 * @throws SessionError `ERR_SESSION_STORE`
 */
export async function refresh(state: SessionState): Promise<Loss | null> {
  if (state.stored === null) return state.isGone ? 'gone' : null;
  const record = await probe(state);
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

/**
 * Whether the application has changed attributes and not saved them.
 * @throws SessionError `ERR_SESSION_VALUE` for a value that JSON cannot represent
 */
export const hasUnsaved = ({ attributes, ending }: SessionState): boolean =>
  ending === null && attributes.changes().size > 0;

/**
 * The session is in use: extends its idle timeout, where its last touch is long enough ago. Saves no other
 * change.
 */
export function keepAlive(state: SessionState): Awaitable<void> {
  return state.ending === null && needsTouch(state) ? touch(state) : undefined;
}
