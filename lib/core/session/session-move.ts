import { storedName } from './attribute-name.js';
import { HANDLE, ownTexts, type OwnTexts } from './own-attributes.js';
import { pendingIdentity, type PendingIdentity } from './pending-identity.js';
import { madeHandle } from './session-identity.js';
import type { SessionState } from './session-state.js';

/** A new id for the same visitor, with the kept attributes only. The next commit moves the record. */
export function beginMove(state: SessionState, keep: readonly string[] | 'all'): void {
  const names = keep === 'all' ? null : keep.map(storedName);
  // A session that has ended has nothing to carry over, except what an anonymous visitor has set since.
  const { isGone, moving, identity, parts } = state;
  const hasEnded = isGone || state.ending === 'destroyed';
  const owner = identity.principal ?? state.formerOwner;
  if (isGone) state.attributes.dropLoaded();
  // What is kept of a user who has signed out would sign in again by the option `principal`.
  if (hasEnded && owner !== null) state.attributes.keepOnly([]);
  else if (keep !== 'all') state.attributes.keepOnly(keep);
  // Nothing throws from here on: a call that fails leaves the session as it was.
  const keptOwn = names === null && !hasEnded ? keptTexts(state) : parts.named;
  if (names !== null || hasEnded || state.pending === null)
    state.pending = parts.features.sink.isOn ? regenerateOf(state) : null;
  state.own = keptOwn;
  if (names !== null || hasEnded) {
    state.edits = null;
    state.needsStamp = false;
  }
  state.dropId();
  state.unsettled = { moved: null, patches: state.unsettled.patches };
  state.ending = null;
  if (hasEnded) state.identify(identity.createdAt, null);
  state.moving = moving ?? 'all';
  if (names !== null || hasEnded) state.formerOwner = names === null || names.length === 0 ? null : owner;
  // A session that keeps all of its data also keeps its limits (S-35).
  if (names === null) return;
  const carried = state.moving;
  state.moving = new Set(names.filter((name) => carried === 'all' || carried.has(name)));
  const { now } = state;
  state.identify(now, null);
  state.cookie.use(state.seed(null, now));
}

function regenerateOf(state: SessionState): PendingIdentity {
  const { pending, stored, moving } = state;
  const isFirst = stored !== null && moving === null;
  const formerHandle = isFirst ? madeHandle(state) : (pending?.formerHandle ?? null);
  return pendingIdentity('regenerate', { formerHandle, formerPrincipal: stored?.record.principal ?? null });
}

/** The engine's attributes of a session that keeps its identity: its handle is stored from now on. */
function keptTexts(state: SessionState): OwnTexts {
  const { stored, moving, own, parts } = state;
  const before = stored !== null && moving === null ? ownTexts(stored.record.attributes) : own;
  const kept = new Map([...(before ?? []), ...(parts.named ?? [])]);
  const handle = madeHandle(state);
  if (handle !== null) kept.set(HANDLE, JSON.stringify(handle));
  return kept;
}
