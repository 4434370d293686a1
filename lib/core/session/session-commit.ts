import { isLimitError, isStoreFailure } from '../errors.js';
import { NO_CHANGES } from '../store/session-record.js';
import { chain, onFailure, type Awaitable } from '../util/awaitable.js';
import { planCommit, type CookieOutcome } from './commit-plan.js';
import { adoptMoved } from './earlier-write.js';
import { bindByOption } from './principal-option.js';
import { goneError, insecureError, sentError } from './session-errors.js';
import { commitFacts, isInsecure } from './session-facts.js';
import { isRefused, presentPrincipal } from './session-identity.js';
import type { SessionState } from './session-state.js';
import { write } from './session-writer.js';
import { withStamp } from './stamp-binding.js';

/**
 * Makes the store agree with the session, and returns what becomes of the cookie. An explicit save needs a
 * record.
 */
export function commitSession(state: SessionState, isExplicit: boolean): Awaitable<CookieOutcome> {
  if (state.isGone) return 'none';
  const { features } = state.parts;
  if (features.principalOf !== null && state.ending === null) {
    // A save has failed before, and the application responds to that.
    if (!isExplicit && isRefused(state)) return writeSession(state, isExplicit, true);
    const bound = applyOption(state, isExplicit);
    if (bound instanceof Promise) return bound.then(() => commitSession(state, isExplicit));
  }
  return state.pending === null ? writeSession(state, isExplicit) : writeLogin(state, isExplicit);
}

/**
 * Stores a login that the limit may refuse. What the option `principal` returns counts at the next commit.
 */
export function storeLogin(state: SessionState): Awaitable<void> {
  return chain(writeLogin(state, true), () => undefined);
}

function writeLogin(state: SessionState, isExplicit: boolean): Awaitable<CookieOutcome> {
  return state.pending?.undo == null ? writeSession(state, isExplicit) : writeUndoable(state, isExplicit);
}

function writeUndoable(state: SessionState, isExplicit: boolean): Awaitable<CookieOutcome> {
  const { principal } = state.identity;
  return onFailure(
    () => writeSession(state, isExplicit),
    (error) => undoLogin(state, principal, error),
  );
}

/** With `isReleased` nothing is saved, as after `req.session = null`. */
function writeSession(
  state: SessionState,
  isExplicit: boolean,
  isReleased = false,
): Awaitable<CookieOutcome> {
  const changes = state.ending === null && !isReleased ? state.changes() : NO_CHANGES;
  const facts = commitFacts(state, !isReleased && (isExplicit || changes.size > 0));
  const plan = planCommit(isReleased ? { ...facts, released: true } : facts, state.parts.policy);
  if (plan.write === 'none') return plan.cookie;
  if (state.needsStamp && state.ending === null && !isReleased) {
    // A login that can be undone is stored as it was begun.
    const again = state.pending?.undo == null ? commitSession : writeLogin;
    return withStamp(state, () => again(state, isExplicit));
  }
  return chain(write(state, plan.write, changes), () => (state.isGone ? 'none' : plan.cookie));
}

/**
 * The session is again what it was before a login that has failed. A store that failed may have applied it.
 */
function undoLogin(state: SessionState, principal: string | null, error: unknown): void {
  const undo = state.pending?.undo;
  if (undo == null || isStoreFailure(error)) return;
  undo.restore();
  if (isLimitError(error)) state.refused = principal;
}

/**
 * Checks that an explicit save has stored the session.
 * @throws SessionError `ERR_SESSION_GONE`, `ERR_SESSION_SENT`, `ERR_SESSION_INSECURE`
 */
export function checkSaved(state: SessionState): void {
  if (state.isGone) throw goneError('saved');
  if (state.stored !== null || state.ending !== null) return;
  throw state.request.canSendHeaders && isInsecure(state) ? insecureError() : sentError('save');
}

/**
 * Binds the session to the result of the option `principal`, where that has changed.
 * @throws SessionError `ERR_SESSION_SENT` for a save that cannot send the new id. `ERR_SESSION_VALUE`
 */
function applyOption(state: SessionState, isExplicit: boolean): Awaitable<void> {
  if (!isOptionDue(state)) return undefined;
  if (isExplicit && !state.request.canSendHeaders) throw sentError('save');
  if (state.unsettled.moved === null) return bindByOption(state, presentPrincipal(state));
  // The store may hold the session under the id of a move that failed.
  return adoptMoved(state).then(() => {
    if (isOptionDue(state)) bindByOption(state, presentPrincipal(state));
  });
}

/** Whether the option `principal` has another result than the user whom the session is bound to. */
const isOptionDue = (state: SessionState): boolean => presentPrincipal(state) !== state.identity.principal;

/** The same before the headers are sent: the cookie that follows has the id that the commit will store. */
export function applyOptionEarly(state: SessionState): void {
  const { parts, ending, unsettled } = state;
  if (parts.features.principalOf === null || ending !== null || unsettled.moved !== null) return;
  if (isRefused(state)) return;
  if (isOptionDue(state)) bindByOption(state, presentPrincipal(state));
}
