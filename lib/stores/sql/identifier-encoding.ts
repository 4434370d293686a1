/**
 * Encodes a principal so that every database can store and compare it. PostgreSQL rejects NUL in a text,
 * UTF-8 has no lone surrogates, and MySQL ignores a space at the end. Such a character becomes `\u` and its
 * four digits, and so does the backslash, so that the encoding is unambiguous. Any other text is unchanged.
 */
export function encodePrincipal(principal: string): string {
  return principal.replace(/[\\\0\ud800-\udfff]| $/gu, (unit) => `\\u${hex(unit)}`);
}

/** Reverses {@link encodePrincipal}. */
export function decodePrincipal(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/g, unit);
}

/** Most names match, and are returned unchanged without a check of each character. */
const PLAIN = /^[A-Za-z0-9_]+$/;

/** Encodes the empty name: not every database has a path to the key `""`. */
const EMPTY = '~';

/**
 * Encodes the name of an attribute as a JSON key that no database reads as a path, an escape or an index.
 * Letters, digits and `_` are unchanged; any other UTF-16 unit becomes `~` and its four digits. (MariaDB does
 * not accept the path `$."-1"`.)
 */
export function encodeName(name: string): string {
  if (PLAIN.test(name)) return name;
  return name === '' ? EMPTY : name.replace(/[^A-Za-z0-9_]/g, (unit) => `~${hex(unit)}`);
}

/** Reverses {@link encodeName}. */
export function decodeName(text: string): string {
  if (PLAIN.test(text)) return text;
  return text === EMPTY ? '' : text.replace(/~([0-9a-f]{4})/g, unit);
}

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0');
const unit = (_: string, digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));
