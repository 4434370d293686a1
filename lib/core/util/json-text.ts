import { SessionError } from '../errors.js';

/** Most levels of arrays and objects in one attribute. Every value that can be stored can also be merged. */
export const MOST_LEVELS = 1000;

/**
 * The JSON text of an attribute; `null` for `undefined`, which JSON omits. A Date becomes its ISO string,
 * `NaN` and `Infinity` become `null`, and an instance of a class becomes its own fields.
 *
 * @throws SessionError `ERR_SESSION_VALUE` for a value that JSON cannot represent, at any depth: BigInt, Map,
 * Set, RegExp, Promise, functions, symbols, a cycle, a `toJSON` or getter that throws, more than {@link
 * MOST_LEVELS} levels. The message names the path, never the value.
 */
export function toJsonText(value: unknown, name: string): string | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return JSON.stringify(value);
  let text: string | undefined;
  let culprit: Culprit | null;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
    culprit = isPlain(value, MOST_LEVELS) ? null : culpritOf(value, name);
  } catch (thrown) {
    culprit = culpritOf(value, name) ?? { path: name, reason: 'cannot be written as JSON' };
    cause = thrown;
  }
  if (culprit === null) return text ?? null;
  throw new SessionError(
    'ERR_SESSION_VALUE',
    `The session was not saved: ${culprit.path} ${culprit.reason}. Store plain data: strings, numbers, booleans, null, arrays and objects.`,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * Whether a value is plain data within the limit of levels, as in almost all sessions. Any other value needs
 * the more expensive search for a culprit.
 */
function isPlain(value: unknown, levels: number): boolean {
  if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol';
  if (value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, levels - 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Date.prototype) return true;
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}

interface Culprit {
  readonly path: string;
  readonly reason: string;
}

function culpritOf(value: unknown, name: string): Culprit | null {
  try {
    return findCulprit(value, name, name, new Set());
  } catch {
    return null;
  }
}

/** Walks as JSON.stringify does, to the first value that JSON cannot represent. */
function findCulprit(value: unknown, name: string, path: string, above: Set<unknown>): Culprit | null {
  const seen = asJsonSees(value);
  if ('thrown' in seen) return { path, reason: 'has a toJSON method that throws' };
  const { shown } = seen;
  const reason = reasonAgainst(shown);
  if (reason !== null) return { path, reason };
  if (typeof shown !== 'object' || shown === null) return null;
  if (above.has(shown)) return { path, reason: 'leads back to itself (a cycle)' };
  // The path would be as long as the value is deep.
  if (above.size === MOST_LEVELS)
    return { path: name, reason: `is nested more than ${MOST_LEVELS} levels deep` };
  above.add(shown);
  for (const key of Object.keys(shown)) {
    const at = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    const found = findInProperty(shown, key, name, at, above);
    if (found !== null) return found;
  }
  above.delete(shown);
  return null;
}

const REDUCED_TO_NOTHING = [Map, Set, RegExp, Promise] as const;

/** JSON.stringify throws for a BigInt, omits functions and symbols, and writes the others as `{}`. */
function reasonAgainst(value: unknown): string | null {
  if (typeof value === 'bigint') return 'is a BigInt';
  if (typeof value === 'function') return 'is a function';
  if (typeof value === 'symbol') return 'is a symbol';
  if (typeof value !== 'object' || value === null) return null;
  // The tag identifies an object of another realm.
  const tag = Object.prototype.toString.call(value);
  const kind = REDUCED_TO_NOTHING.find((one) => value instanceof one || tag === `[object ${one.name}]`);
  if (kind === undefined) return null;
  return kind === Promise ? 'is a Promise: await it first' : `is a ${kind.name}`;
}

function findInProperty(
  holder: object,
  key: string,
  name: string,
  path: string,
  above: Set<unknown>,
): Culprit | null {
  let value: unknown;
  try {
    value = (holder as Record<string, unknown>)[key];
  } catch {
    return { path, reason: 'is a getter that throws' };
  }
  return findCulprit(value, name, path, above);
}

function asJsonSees(value: unknown): { shown: unknown } | { thrown: true } {
  try {
    const toJSON = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
    return { shown: typeof toJSON === 'function' ? (toJSON.call(value, '') as unknown) : value };
  } catch {
    return { thrown: true };
  }
}

/** Whether a string or a number has this JSON text. May be `false` for a string that needs escapes. */
export function isJsonOf(value: unknown, json: string): boolean {
  if (typeof value === 'string') return json === `"${value}"` && !ESCAPED.test(value);
  return typeof value === 'number' && json === String(value);
}

// eslint-disable-next-line no-control-regex -- JSON escapes them
const ESCAPED = /["\\\u0000-\u001f]/;
