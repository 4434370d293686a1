import { SessionError } from '../errors.js';
import { describeWithoutText } from '../util/describe-value.js';

/**
 * A principal as text: a string as it is, a number or bigint as decimal text; `null` for `null` and
 * `undefined`. `source` is the subject of the error message.
 * @throws SessionError `ERR_SESSION_VALUE` for any other value, and for the empty string.
 */
export function principalText(value: unknown, source: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' && value !== '') return value;
  // Two large numbers can have the same digits: two users would be one.
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value)))
    return String(value);
  // Its rejection must not end the process: no code can wait for it.
  if (value instanceof Promise) value.catch(() => undefined);
  throw principalError(value, source);
}

/** The error for a value that names no user. */
export function principalError(value: unknown, source: string): SessionError {
  return new SessionError(
    'ERR_SESSION_VALUE',
    `${source} must be a text that is not empty, a safe integer or a bigint, got ${describeWithoutText(value)}.`,
  );
}
