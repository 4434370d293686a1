import { carryOver, type AttributeUpdate } from '../merge/rebase.js';
import { copyMap, type Changes, type SessionPatch, type SessionRecord } from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';
import { ownTexts, PATCHED } from './own-attributes.js';
import { editOwn } from './own-edits.js';
import { expiryAfterUse } from './session-facts.js';
import type { SessionState } from './session-state.js';

/**
 * The patch of a request that uses the session now, with these changes, for the record that the store holds.
 * It conflicts with cookie settings other than those that its expiry was computed from.
 */
export function patchOf(state: SessionState, changes: Changes, held: SessionRecord): SessionPatch {
  const based = copyMap(changes);
  const settings = state.stored?.cookieSettings ?? null;
  if (!based.has(COOKIE)) based.set(COOKIE, { from: settings, to: settings });
  const { now } = state;
  const { principal } = held;
  return {
    touchedAt: now,
    expiresAt: expiryAfterUse(state, now),
    principal: { from: principal, to: principal },
    changes: based,
  };
}

/**
 * The whole session as a record, used now. `changes` are its present changes.
 * @throws SessionError `ERR_SESSION_VALUE`
 */
export function wholeRecord(state: SessionState, changes: Changes): SessionRecord {
  return recordOf(state, state.attributes.texts(changes));
}

/** The record to move to a new id, where other requests have changed the stored one: both changes, merged. */
export function mergedRecord(
  state: SessionState,
  held: SessionRecord,
  changes: Changes,
  updates: ReadonlyMap<string, AttributeUpdate>,
): SessionRecord {
  const moving = state.moving ?? 'all';
  const attributes = carryOver(held.attributes, moving, changes, updates);
  if (moving === 'all') {
    for (const name of ownTexts(attributes).keys()) attributes.delete(name);
    keepPatched(state, held);
    // A login binds the session to its own user.
    if (state.pending === null || state.pending.kind === 'regenerate')
      state.identify(state.identity.createdAt, held.principal);
    mergeCookie(state, attributes.get(COOKIE) ?? null, held.touchedAt);
  }
  attributes.delete(COOKIE);
  return recordOf(state, attributes);
}

/** The engine's attributes that other requests can patch: those that this request has not set are theirs. */
function keepPatched(state: SessionState, held: SessionRecord): void {
  const { stored, edits } = state;
  for (const name of PATCHED) {
    const edit = edits?.get(name);
    const before = edit === undefined ? (stored!.record.attributes.get(name) ?? null) : edit.from;
    const theirs = held.attributes.get(name) ?? null;
    if (theirs === before) continue;
    if (edit === undefined || edit.from === edit.to) editOwn(state, name, theirs);
  }
}

/** Takes over cookie settings that another request has stored. */
export function mergeCookie(state: SessionState, settings: string | null, touchedAt: number): void {
  if (settings !== state.cookie.settings) state.cookie.use(state.seed(settings, touchedAt));
}

function recordOf(state: SessionState, attributes: Map<string, string>): SessionRecord {
  const settings = state.cookie.settings;
  if (settings !== null) attributes.set(COOKIE, settings);
  if (state.own !== null) for (const [name, text] of state.own) attributes.set(name, text);
  if (state.edits !== null)
    for (const [name, { to }] of state.edits)
      if (to === null) attributes.delete(name);
      else attributes.set(name, to);
  const { createdAt, principal, epoch } = state.identity;
  const { now } = state;
  const record = {
    createdAt,
    touchedAt: now,
    expiresAt: expiryAfterUse(state, now),
    principal,
    revision: 0,
    attributes,
  };
  return epoch === undefined ? record : { ...record, epoch };
}
