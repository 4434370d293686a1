import { describeWithoutText } from '../core/describe-value.js';
import { SessionError } from '../core/session-error.js';

const LONGEST_NAME = 128;

/** @throws SessionError `ERR_SESSION_CONFIG` when it is neither absent nor a text of 1 to 128 characters. */
export function checkSessionName(name: unknown): asserts name is string | undefined {
  if (name === undefined) return;
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) return;
  throw new SessionError(
    'ERR_SESSION_CONFIG',
    `The option sessionName must be a text of 1 to ${LONGEST_NAME} characters, got ${describeWithoutText(name)}.`,
  );
}
