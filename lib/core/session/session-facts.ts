import { cookieAfterFailure, planCommit, type CommitFacts, type CookieOutcome } from './commit-plan.js';
import { expiryAt, idleMsAt, isTouchDue, type Lifetimes } from './expiry.js';
import { presentLifetimes } from './lifetime.js';
import { hasEdits } from './own-edits.js';
import { isRefused } from './session-identity.js';
import type { CookiePlan } from './session-cookie.js';
import type { SessionState } from './session-state.js';
import type { StoredSnapshot } from './stored-snapshot.js';

/** The facts that a commit is planned from. */
export function commitFacts(state: SessionState, changed: boolean): CommitFacts {
  const { stored, ending, cookie, request } = state;
  const passive = isPassive(state);
  const { plan } = cookie;
  return {
    origin: stored === null ? 'fresh' : 'stored',
    client: cookie.browser.client,
    rekeyed: state.moving !== null,
    changed,
    destroyed: ending === 'destroyed',
    released: ending === 'released' || ending === 'gone-and-released',
    touchDue: !changed && !passive && stored !== null && isSnapshotTouchDue(state, stored, plan),
    cookieChanged: cookie.isChanged,
    persistent: plan.isPersistent,
    passive,
    deliverable: request.canSendHeaders && !isInsecure(state, plan),
  };
}

/**
 * Whether the cookie needs a secure connection and this one is not. After the end of the session this is
 * about the cookie that is cleared.
 */
export function isInsecure({ request, ending, cookie }: SessionState, plan?: CookiePlan): boolean {
  if (request.isSecure) return false;
  const hasEnded = ending !== null && ending !== 'gone';
  return hasEnded ? cookie.sent.secure === true : (plan ?? cookie.plan).secure;
}

/** Whether a commit would write the attributes or cookie settings that the session has now. */
export function hasChanges(state: SessionState): boolean {
  return state.ending === null && !isRefused(state) && state.changes().size > 0;
}

/**
 * Whether a commit cannot store a new session or a new id, such as that of a login, since the cookie needs a
 * secure connection and this one is not.
 */
export function isUndeliverable(state: SessionState): boolean {
  const { stored, moving, ending } = state;
  if ((stored !== null && moving === null) || !isInsecure(state)) return false;
  return hasChanges(state) || (moving !== null && ending === null && !isRefused(state));
}

/** Whether the request does not count as activity. An explicit `session.touch()` does. */
export const isPassive = ({ request, stored }: SessionState): boolean =>
  request.isPassive === true && stored?.isTouched !== true;

/** What a commit would do to the browser's cookie. */
export function plannedCookie(state: SessionState): CookieOutcome {
  if (isLeftAlone(state)) return 'none';
  return planCommit(commitFacts(state, hasChanges(state)), state.parts.policy).cookie;
}

/** What a failed commit does to the browser's cookie. */
export function cookieOfFailure(state: SessionState): CookieOutcome {
  if (isLeftAlone(state)) return 'none';
  const isCookieStored = !state.cookie.differsFrom(state.stored?.cookieSettings ?? null);
  return cookieAfterFailure(commitFacts(state, false), isCookieStored);
}

/** The session is not the browser's any more, or is not saved: the browser keeps the cookie that it has. */
const isLeftAlone = (state: SessionState): boolean =>
  (state.ending !== null && state.ending !== 'destroyed') || isRefused(state);

/** When the session expires: after the commit, if that moves its expiry. Epoch milliseconds. */
export function expiresAt(state: SessionState): number {
  const { stored, moving, cookie } = state;
  const isChanged = stored === null || moving !== null || hasEdits(state);
  const isLeft = !isChanged && !cookie.differsFrom(stored.cookieSettings);
  if (isLeft && (isPassive(state) || !isSnapshotTouchDue(state, stored, cookie.plan)))
    return stored.record.expiresAt;
  return expiryAfterUse(state, lastUse(state));
}

/** When the session is used last, after a write by this request. Epoch milliseconds. */
export function lastUse(state: SessionState): number {
  const { stored, moving, pending, now } = state;
  // A login and a new id without the former data are uses, in a passive request too.
  const isKept = moving === null || (moving === 'all' && (pending === null || pending.kind === 'regenerate'));
  return stored !== null && isKept && isPassive(state) ? stored.record.touchedAt : now;
}

/** When a session that is used at this instant expires. Epoch milliseconds. */
export function expiryAfterUse(
  state: SessionState,
  usedAt: number,
  lifetimes: Lifetimes = presentLifetimes(state),
): number {
  const { cookie, identity } = state;
  return expiryAt(usedAt, identity.createdAt, idleMsAt(usedAt, cookie.plan, lifetimes), lifetimes.absoluteMs);
}

/** Whether a stored session in use is to be touched now. */
export const needsTouch = (state: SessionState): boolean =>
  state.stored !== null && isSnapshotTouchDue(state, state.stored, state.cookie.plan);

function isSnapshotTouchDue(
  state: SessionState,
  { record, isTouched }: StoredSnapshot,
  plan: CookiePlan,
): boolean {
  const { policy, clock } = state.parts;
  if (isTouched || policy.resave) return true;
  const lifetimes = presentLifetimes(state);
  return isTouchDue(record, idleMsAt(record.touchedAt, plan, lifetimes), lifetimes, clock.now());
}
