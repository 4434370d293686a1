import { NO_CHANGES } from '../store/session-record.js';
import { chain, type Awaitable } from '../util/awaitable.js';
import { planCommit, type CookieOutcome } from './commit-plan.js';
import { commitFacts } from './session-facts.js';
import type { SessionState } from './session-state.js';
import { write } from './session-writer.js';

/** Makes the store agree with the session. Returns what becomes of the cookie. An explicit save needs a record. */
export function commitSession(state: SessionState, isExplicit: boolean): Awaitable<CookieOutcome> {
  if (state.isGone) return 'none';
  const changes = state.ending === null ? state.changes() : NO_CHANGES;
  const plan = planCommit(commitFacts(state, isExplicit || changes.size > 0), state.parts.policy);
  if (plan.write === 'none') return plan.cookie;
  return chain(write(state, plan.write, changes), () => (state.isGone ? 'none' : plan.cookie));
}
