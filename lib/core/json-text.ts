import { SessionError } from './session-error.js';

/**
 * The JSON text of an attribute; `null` where JSON leaves the value out (undefined, a function, a symbol).
 *
 * @throws SessionError `ERR_SESSION_VALUE` for what JSON cannot carry: BigInt, a cycle, a `toJSON` or getter that
 * throws. The message names the path and what stands there, never the value.
 */
export function toJsonText(value: unknown, name: string): string | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return JSON.stringify(value);
  try {
    return JSON.stringify(value) ?? null;
  } catch (cause) {
    const { path, reason } = culpritOf(value, name) ?? {
      path: name,
      reason: 'cannot be written as JSON',
    };
    throw new SessionError(
      'ERR_SESSION_VALUE',
      `The session was not saved: ${path} ${reason}. Store plain data: strings, numbers, booleans, null, arrays and objects.`,
      { cause },
    );
  }
}

interface Culprit {
  readonly path: string;
  readonly reason: string;
}

function culpritOf(value: unknown, name: string): Culprit | null {
  try {
    return findCulprit(value, name, new Set());
  } catch {
    return { path: name, reason: 'is nested too deeply' };
  }
}

/** Walks as JSON.stringify does until the first thing that it would stumble over. */
function findCulprit(value: unknown, path: string, above: Set<unknown>): Culprit | null {
  const seen = asJsonSees(value);
  if ('thrown' in seen) return { path, reason: 'has a toJSON method that throws' };
  const { shown } = seen;
  if (typeof shown === 'bigint') return { path, reason: 'is a BigInt' };
  if (typeof shown !== 'object' || shown === null) return null;
  if (above.has(shown)) return { path, reason: 'leads back to itself (a cycle)' };
  above.add(shown);
  for (const key of Object.keys(shown)) {
    const at = /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    const found = findInProperty(shown, key, at, above);
    if (found !== null) return found;
  }
  above.delete(shown);
  return null;
}

function findInProperty(holder: object, key: string, path: string, above: Set<unknown>): Culprit | null {
  let value: unknown;
  try {
    value = (holder as Record<string, unknown>)[key];
  } catch {
    return { path, reason: 'is a getter that throws' };
  }
  return findCulprit(value, path, above);
}

function asJsonSees(value: unknown): { shown: unknown } | { thrown: true } {
  try {
    const toJSON = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
    return { shown: typeof toJSON === 'function' ? (toJSON.call(value, '') as unknown) : value };
  } catch {
    return { thrown: true };
  }
}
