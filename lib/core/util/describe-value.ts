/**
 * A short description of a value for an error message: the value itself where it is short and public, else its kind.
 *
 * A text that is long enough for a secret (32 bytes) is never shown.
 */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'a symbol';
  return typeof value === 'object' && value !== null ? describeObject(value) : String(value);
}

/** As {@link describeValue}, but shows no text at all: for options that take no text, where any text may be a secret. */
export function describeWithoutText(value: unknown): string {
  return typeof value === 'string' && value !== '' ? describeHiddenText(value) : describeValue(value);
}

/** The kind of a value only: for places where anything may be a secret. */
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
  const maker = (value as { constructor?: unknown }).constructor;
  if (typeof maker !== 'function' || maker === Object || maker.name === '') return 'an object';
  return maker === Promise ? 'a Promise' : `an instance of ${maker.name}`;
}

/** What came as an option, in words that show no text: any of them may be a URL with a password, in the wrong place. */
export function describeOption(value: unknown): string {
  if (typeof value !== 'string') return describeValue(value);
  return value === '' ? '""' : 'a string';
}

/** The name of an option that nobody knows: shown where it is one that somebody may have written in a program. */
export function describeName(name: string): string {
  return /^[A-Za-z]{1,30}$/.test(name) ? JSON.stringify(name) : 'of that name';
}
