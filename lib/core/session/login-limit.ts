import { SessionError } from '../errors.js';
import { scopeOf } from '../store/principal-scope.js';
import type { PrincipalLimit } from '../store/session-store.js';
import { chain, isThenable, type Awaitable } from '../util/awaitable.js';
import { withDeadline } from '../util/deadline.js';
import { describeWithoutText } from '../util/describe-value.js';
import type { SessionState } from './session-state.js';

/** Whether a value is a number of sessions that a user may have. */
export const isSessionCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;

/**
 * The limit of a write of the whole record. `null` without the option `limit`, and where the record has its
 * user already: a step-up, a `regenerate()` and a renewal do not count.
 *
 * @throws SessionError `ERR_SESSION_VALUE` where the function of the option returns no positive integer,
 * `ERR_SESSION_STORE` where it returns nothing in time. Errors of the function are passed on.
 */
export function limitOf(state: SessionState): Awaitable<PrincipalLimit | null> {
  const { limit } = state.parts.features;
  if (limit === null || !bindsUser(state)) return null;
  const { whenReached } = limit;
  const result = limit.perPrincipal(scopeOf(state.identity.principal!).principal);
  return chain(isThenable(result) ? inTime(state, Promise.resolve(result)) : result, (most) => {
    if (!isSessionCount(most)) throw countError(most);
    return { most, whenReached, at: state.now };
  });
}

/** Whether the next write of the whole record gives the session a user whom the stored record has not. */
export function bindsUser({ identity, stored }: SessionState): boolean {
  const { principal } = identity;
  return principal !== null && stored?.record.principal !== principal;
}

/** Waits no longer than for a store: the steps of the session that follow wait for this one. */
function inTime({ parts: { storeTimeoutMs } }: SessionState, result: Promise<unknown>): Promise<unknown> {
  return storeTimeoutMs === null ? result : withDeadline(result, storeTimeoutMs, lateError);
}

const lateError = (): SessionError =>
  new SessionError(
    'ERR_SESSION_STORE',
    'The function of the option limit.perPrincipal did not return a number in time.',
  );

function countError(value: unknown): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `The function of the option limit.perPrincipal must return a positive integer, or a promise of one, got ${describeWithoutText(value)}.`,
  );
}
