/**
 * A principal as every database can hold and compare it: PostgreSQL has no NUL in a text, UTF-8 has no half of a surrogate
 * pair, and for MySQL a space at the end is none. Such characters become `\u0000`, and so does the backslash, so that
 * nothing else looks like one of these. Any other text stays as it is.
 */
export function encodePrincipal(principal: string): string {
  return principal.replace(/[\\\0\ud800-\udfff]| $/gu, (unit) => `\\u${hex(unit)}`);
}

/** The principal that {@link encodePrincipal} was given. */
export function decodePrincipal(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/g, unit);
}

/** What most names are made of: these stay as they are, without a look at each character. */
const PLAIN = /^[A-Za-z0-9_]+$/;

/** Stands for a name without characters: not every database has a path to the key `""`. */
const EMPTY = '~';

/**
 * The name of an attribute as a key in JSON that no database takes for a path, an escape or an index: letters, digits
 * and `_`, and each other unit of UTF-16 as `~` and its four digits. (To MariaDB, `$."-1"` is no path.)
 */
export function encodeName(name: string): string {
  if (PLAIN.test(name)) return name;
  return name === '' ? EMPTY : name.replace(/[^A-Za-z0-9_]/g, (unit) => `~${hex(unit)}`);
}

/** The name that {@link encodeName} was given. */
export function decodeName(text: string): string {
  if (PLAIN.test(text)) return text;
  return text === EMPTY ? '' : text.replace(/~([0-9a-f]{4})/g, unit);
}

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0');
const unit = (_: string, digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));
