import { checkEach, configError, isOneOf, type Check } from '../cookie/option-checks.js';
import type { LoginLimit } from '../core/session/engine-features.js';
import { isSessionCount } from '../core/session/login-limit.js';
import type { PrincipalLimit, SessionStore } from '../core/store/session-store.js';
import { hasLimits, missingPower } from '../core/store/store-powers.js';
import type { Awaitable } from '../core/util/awaitable.js';
import { describeValue, describeWithoutText } from '../core/util/describe-value.js';

/** How many sessions a user may have at the same time, and what happens to one more login. */
export interface SessionLimit {
  /**
   * The number of sessions per user: a positive integer, or a function that returns one, or a promise of one,
   * such as by the plan of the user. `principal` is the text that `session.login()` or the option `principal`
   * gave. The function runs at each login, before the store is called. A login fails with its error, with
   * `ERR_SESSION_VALUE` for any other result, and with `ERR_SESSION_STORE`, status 503, for a promise that
   * does not settle within `storeTimeout`.
   */
  readonly perPrincipal: number | ((principal: string) => Awaitable<number>);
  /**
   * What a login does that would exceed the number. `'evict-oldest'` ends the session whose last login or
   * step-up is the oldest, `'evict-least-recent'` the one that was not used for the longest time, exact to
   * `timeouts.touchEvery`. `'reject'` refuses the login with `ERR_SESSION_LIMIT`, status 429: a user must
   * sign out elsewhere first, or wait until a session expires.
   * @defaultValue `'evict-oldest'`: a user who has lost a device can sign in again
   */
  readonly whenReached?: PrincipalLimit['whenReached'] | undefined;
}

/** The option `limit`, checked and complete. */
export interface ResolvedLimit extends LoginLimit {
  /** The number, where it is the same for all users; else `null`. */
  readonly fixed: number | null;
}

const CHECKS: Record<keyof SessionLimit, Check | null> = {
  perPrincipal: [
    (value) => isSessionCount(value) || typeof value === 'function',
    'a positive integer, or a function of the principal that returns one',
  ],
  whenReached: [
    isOneOf('evict-oldest', 'evict-least-recent', 'reject'),
    '"evict-oldest", "evict-least-recent" or "reject"',
    describeValue,
  ],
};

/**
 * Checks the option `limit` and fills in its default; `null` without the option.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid value, and for a store that cannot limit sessions.
 * `givenStore` is the store as the application gave it.
 */
export function resolveLimit(
  limit: SessionLimit | undefined,
  store: SessionStore,
  givenStore: object,
): ResolvedLimit | null {
  if (limit === undefined) return null;
  checkLimit(limit);
  if (!hasLimits(store))
    throw missingPower(givenStore, 'The option limit', 'limits of sessions (limitsSessions)');
  const { perPrincipal, whenReached = 'evict-oldest' } = limit;
  return typeof perPrincipal === 'function'
    ? { fixed: null, perPrincipal, whenReached }
    : { fixed: perPrincipal, perPrincipal: () => perPrincipal, whenReached };
}

function checkLimit(limit: unknown): asserts limit is SessionLimit {
  if (typeof limit !== 'object' || limit === null || Array.isArray(limit)) {
    throw configError(
      `The option limit must be an object such as { perPrincipal: 3 }, got ${describeWithoutText(limit)}.`,
    );
  }
  checkEach(limit, CHECKS, 'limit.');
  if ((limit as Partial<SessionLimit>).perPrincipal === undefined)
    throw configError('The option limit needs perPrincipal, such as { perPrincipal: 3 }, got undefined.');
}
