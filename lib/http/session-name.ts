import { describeWithoutText } from '../core/describe-value.js';
import { SessionError } from '../core/session-error.js';

/** @throws SessionError `ERR_SESSION_CONFIG` when it is neither absent nor a text that is not empty. */
export function checkSessionName(name: unknown): asserts name is string | undefined {
  if (name === undefined || (typeof name === 'string' && name !== '')) return;
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `The option sessionName must be a text that is not empty, got ${describeWithoutText(name)}.`,
  );
}
