import type { Logger } from '@nestjs/common';
import { claimsExpiry, labelOf } from '../core/store/store-powers.js';
import { memoryWarning } from '../http/describe-event.js';
import type { ResolvedSessionOptions } from '../http/resolved-session-options.js';
import { policyLine, policyOf } from '../http/session-policy.js';

const EXPRESS_SESSION_STORE =
  'The session store was made for express-session: it writes whole sessions, so concurrent changes of several ' +
  'processes to one session can be lost. A SessionStore merges them.';

/** Logs what operators should know of the options of a session, once at startup. */
export function logStart(logger: Pick<Logger, 'log' | 'warn'>, options: ResolvedSessionOptions): void {
  const warning = memoryWarning(options.givenStore);
  if (warning !== null) logger.warn(warning);
  if (options.store !== options.givenStore) logger.log(EXPRESS_SESSION_STORE);
  const policy = policyLine(policyOf(options));
  if (policy !== null) logger.log(policy);
}

/** The warning for a method with `@OnSession('expired')` that gets no event; `null` if it gets them. */
export function expiryWarning({
  store,
  givenStore,
  sweepEveryMs,
}: Pick<ResolvedSessionOptions, 'store' | 'givenStore' | 'sweepEveryMs'>): string | null {
  if (!claimsExpiry(store))
    return (
      `@OnSession('expired') gets no events: ${labelOf(givenStore)} does not return the expired sessions that it removes. ` +
      'Set the option expiredEvents: true of a RedisSessionStore, add claimExpired() to a SessionStore of yours, or use ' +
      'another store of this package in place of one that was made for express-session.'
    );
  if (sweepEveryMs !== false) return null;
  return (
    "@OnSession('expired') gets no events of this process: the option sweepEvery is false, so it removes no expired " +
    'sessions. Set sweepEvery to an interval, such as minutes(1).'
  );
}
