import { carryOver, type AttributeUpdate } from '../merge/rebase.js';
import {
  copyMap,
  type AttributeChange,
  type Changes,
  type SessionPatch,
  type SessionRecord,
} from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';
import { lifetimesOf } from './expiry.js';
import { presentLifetimes } from './lifetime.js';
import { isMarked } from './lifetime-mark.js';
import { LIFETIME, ownTexts, PATCHED } from './own-attributes.js';
import { adoptOwn, ownText, settingsToStore } from './own-edits.js';
import { expiryAfterUse, isPassive } from './session-facts.js';
import type { SessionState } from './session-state.js';

/**
 * The patch of a request that uses the session now, with these changes, for the record that the store holds.
 * It conflicts with cookie settings and a lifetime other than those that its expiry was computed from.
 */
export function patchOf(
  state: SessionState,
  changes: Changes,
  held: SessionRecord,
  lifetime?: string | null,
): SessionPatch {
  const based = copyMap(changes);
  const settings = state.stored?.cookieSettings ?? null;
  if (!based.has(COOKIE)) based.set(COOKIE, { from: settings, to: settings });
  const { from } = based.get(COOKIE)!;
  if ((from !== null && isMarked(from)) || state.edits !== null) compareLifetime(state, based, lifetime);
  const { principal } = held;
  const lifetimes =
    lifetime === undefined ? presentLifetimes(state) : lifetimesOf(state.parts.lifetimes, lifetime);
  // A passive request leaves both times as they are, unless it changes how long the session lives.
  const isUse = !isPassive(state);
  const touchedAt = isUse ? state.now : held.touchedAt;
  const isLeft = !isUse && !isChanged(based.get(COOKIE)) && !isChanged(based.get(LIFETIME));
  return {
    touchedAt,
    expiresAt: isLeft ? held.expiresAt : expiryAfterUse(state, touchedAt, lifetimes),
    principal: { from: principal, to: principal },
    changes: based,
  };
}

/** Makes a patch conflict with another lifetime than the one that its expiry is computed from. */
function compareLifetime(
  state: SessionState,
  changes: Map<string, AttributeChange>,
  lifetime = ownText(state, LIFETIME) ?? null,
): void {
  const isCompared = isMarked(changes.get(COOKIE)!.from) || state.edits?.has(LIFETIME) === true;
  if (isCompared && !changes.has(LIFETIME)) changes.set(LIFETIME, { from: lifetime, to: lifetime });
}

const isChanged = (change: AttributeChange | undefined): boolean => change?.from !== change?.to;

/** The same patch for a record that other requests have changed, merged with their changes. */
export function mergedPatch(state: SessionState, changes: Changes, held: SessionRecord): SessionPatch {
  mergeCookie(state, changes.get(COOKIE)!.to, held.touchedAt);
  const set = changes.get(LIFETIME);
  const lifetime = set === undefined ? (held.attributes.get(LIFETIME) ?? null) : set.to;
  return patchOf(state, changes, held, lifetime);
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
    if (keepsIdentity(state)) keepPatched(state, held);
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
    if (edit === undefined || edit.from === edit.to) adoptOwn(state, name, theirs);
  }
}

/** Whether the record is moved for the visitor whose session it is, not by a login of another one. */
const keepsIdentity = ({ pending }: SessionState): boolean =>
  pending === null || pending.kind === 'regenerate' || pending.kind === 'step-up';

/** Takes over cookie settings that another request has stored. */
function mergeCookie(state: SessionState, settings: string | null, touchedAt: number): void {
  if (state.cookie.differsFrom(settings)) state.cookie.use(state.seed(settings, touchedAt));
}

function recordOf(state: SessionState, attributes: Map<string, string>): SessionRecord {
  const settings = settingsToStore(state);
  if (settings !== null) attributes.set(COOKIE, settings);
  if (state.own !== null) for (const [name, text] of state.own) attributes.set(name, text);
  if (state.edits !== null)
    for (const [name, { to }] of state.edits)
      if (to === null) attributes.delete(name);
      else attributes.set(name, to);
  const { createdAt, principal, epoch } = state.identity;
  const touchedAt = isUnused(state) ? state.stored!.record.touchedAt : state.now;
  const record = {
    createdAt,
    touchedAt,
    expiresAt: expiryAfterUse(state, touchedAt),
    principal,
    revision: 0,
    attributes,
  };
  return epoch === undefined ? record : { ...record, epoch };
}

/** A new id that keeps the whole session is no use of it where the request is passive. A login is one. */
const isUnused = (state: SessionState): boolean =>
  state.stored !== null &&
  state.moving === 'all' &&
  (state.pending === null || state.pending.kind === 'regenerate') &&
  isPassive(state);
