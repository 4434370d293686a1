import type { AttributeChange, SessionPatch, SessionRecord } from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';
import { isRecordTouchDue, recordExpiryAt } from './expiry.js';
import { LIFETIME } from './own-attributes.js';
import { probe, type Loss } from './session-refresh.js';
import type { SessionState } from './session-state.js';

/**
 * As {@link probe}, for a connection whose being open counts as activity: it touches the record where that is
 * due. Another request that changes the record meanwhile is activity itself. What the session shows does not
 * change.
 *
 * @throws SessionError `ERR_SESSION_STORE`
 */
export async function probeInUse(state: SessionState): Promise<SessionRecord | Loss> {
  const record = await probe(state);
  if (typeof record === 'string') return record;
  const { parts, request, now } = state;
  if (!isRecordTouchDue(record, parts.lifetimes, request.cookies, now)) return record;
  const touch = touchOf(record, now, recordExpiryAt(record, parts.lifetimes, request.cookies, now));
  const result = await parts.store.patch(state.stored!.key, touch);
  return result === 'applied' ? { ...record, touchedAt: now, expiresAt: touch.expiresAt } : record;
}

/** It conflicts with cookie settings and a lifetime other than those that its expiry was computed from. */
function touchOf(
  { principal, attributes }: SessionRecord,
  touchedAt: number,
  expiresAt: number,
): SessionPatch {
  const kept = (name: string): [string, AttributeChange] => {
    const text = attributes.get(name) ?? null;
    return [name, { from: text, to: text }];
  };
  return {
    touchedAt,
    expiresAt,
    principal: { from: principal, to: principal },
    changes: new Map([COOKIE, LIFETIME].map(kept)),
  };
}
