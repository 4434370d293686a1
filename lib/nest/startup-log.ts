import type { Logger } from '@nestjs/common';
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
