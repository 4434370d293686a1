/**
 * Describes a value for an error message: the value itself when it is short and not an object, else its kind.
 *
 * A string that is long enough for a secret (32 bytes) is never shown.
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'a symbol';
  return typeof value === 'object' && value !== null ? describeObject(value) : String(value);
}

/**
 * As {@link describeValue}, but shows no string: any string may be a secret, such as a URL with a password.
 */
export function describeWithoutText(value: unknown): string {
  return typeof value === 'string' && value !== '' ? describeHiddenText(value) : describeValue(value);
}

/** Describes only the kind of a value, for values that may be a secret of any type. */
export function describeKind(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === 'object' ? describeObject(value) : `a ${typeof value}`;
}

/** Shorter than any secret that is accepted. */
const LONGEST_SHOWN_BYTES = 31;

const describeText = (text: string): string =>
  Buffer.byteLength(text) <= LONGEST_SHOWN_BYTES ? JSON.stringify(text) : describeHiddenText(text);

const describeHiddenText = (text: string): string => `a string of ${text.length} characters`;

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const { constructor } = value as { constructor?: unknown };
  if (typeof constructor !== 'function' || constructor === Object || constructor.name === '')
    return 'an object';
  return constructor === Promise ? 'a Promise' : `an instance of ${constructor.name}`;
}
