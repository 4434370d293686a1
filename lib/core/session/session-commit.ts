import { NO_CHANGES } from '../store/session-record.js';
import { chain, type Awaitable } from '../util/awaitable.js';
import { planCommit, type CookieOutcome } from './commit-plan.js';
import { bindByOption } from './principal-option.js';
import { sentError } from './session-errors.js';
import { commitFacts } from './session-facts.js';
import { presentPrincipal } from './session-identity.js';
import type { SessionState } from './session-state.js';
import { adoptMoved, write } from './session-writer.js';
import { withStamp } from './stamp-binding.js';

/** Makes the store agree with the session, and returns what becomes of the cookie. An explicit save needs a record. */
export function commitSession(state: SessionState, isExplicit: boolean): Awaitable<CookieOutcome> {
  if (state.isGone) return 'none';
  const { features, policy } = state.parts;
  if (features.principalOf !== null && state.ending === null) {
    const bound = applyOption(state, isExplicit);
    if (bound instanceof Promise) return bound.then(() => commitSession(state, isExplicit));
  }
  const changes = state.ending === null ? state.changes() : NO_CHANGES;
  const plan = planCommit(commitFacts(state, isExplicit || changes.size > 0), policy);
  if (plan.write === 'none') return plan.cookie;
  if (state.needsStamp && state.ending === null)
    return withStamp(state, () => commitSession(state, isExplicit));
  return chain(write(state, plan.write, changes), () => (state.isGone ? 'none' : plan.cookie));
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
  if (isOptionDue(state)) bindByOption(state, presentPrincipal(state));
}
