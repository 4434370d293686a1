import { describeWithoutText, type describeValue } from '../core/util/describe-value.js';
import { SessionError } from '../core/errors.js';

/**
 * The check of one option: the test, the expected value in words, and how the error shows the given value. By
 * default it shows no text: a text in an option that takes none may be a misplaced secret.
 */
export type Check = readonly [
  isValid: (value: unknown) => boolean,
  expected: string,
  describe?: typeof describeValue,
];

/** The check of an option that is `true` or `false`. */
export const BOOLEAN: Check = [(value) => typeof value === 'boolean', 'true or false'];

/** A test for one of these values. */
export const isOneOf =
  (...choices: readonly unknown[]) =>
  (value: unknown): boolean =>
    choices.includes(value);

/**
 * Checks each option of an object. `undefined` is always valid. An option with the check `null` is checked
 * elsewhere.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for an unknown option or an invalid value.
 */
export function checkEach(
  options: object,
  checks: Readonly<Record<string, Check | null>>,
  prefix: string,
): void {
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks).join(', ');
      throw configError(`${prefix}${option} is not an option. The options are: ${known}.`);
    }
    if (check === null || value === undefined || check[0](value)) continue;
    const [, expected, describe = describeWithoutText] = check;
    throw configError(`The option ${prefix}${option} must be ${expected}, got ${describe(value)}.`);
  }
}

/** The error for an invalid option. The message names the option, the value and the fix. */
export const configError = (message: string): SessionError => new SessionError('ERR_SESSION_CONFIG', message);
