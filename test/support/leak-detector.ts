import { inspect } from 'node:util';
import { type SessionId, sessionKey } from '../../lib/core/session-id.js';

/** Data of sessions begins with it. */
const DATA = 'PRIVATE';
/** A longer part of a text may be an id or a hash. */
const LONG_TEXT = /[\w-]{24,}/g;
const ID_LENGTH = 32;
const HASH_LENGTH = 43;

/** Knows the ids, keys and data of all sessions of a test, and finds them in what the test must not contain. */
export class LeakDetector {
  readonly ids = new Set<string>();
  readonly #hashes = new Set<string>();
  readonly leaks: string[] = [];
  checked = 0;
  #data = 0;

  addId(id: string): void {
    this.ids.add(id);
    // The key without its version.
    this.#hashes.add(sessionKey(id as SessionId).slice(-HASH_LENGTH));
  }

  /** A new value for a session. */
  data(): string {
    return `${DATA}-${this.#data++}`;
  }

  /** Notes a leak if a value contains an id, a key or data: in its properties, messages, stacks and causes. */
  check(source: string, value: unknown): void {
    this.checked++;
    const text = typeof value === 'string' ? value : textOf(value);
    if (text.includes(DATA)) this.leaks.push(`${source} contains data: ${text}`);
    for (const [part] of text.matchAll(LONG_TEXT))
      if (hasOne(part, ID_LENGTH, this.ids) || hasOne(part, HASH_LENGTH, this.#hashes))
        this.leaks.push(`${source} contains an id or a key: ${text}`);
  }
}

/** All that a log could write of a value. */
function textOf(value: unknown): string {
  const shown = inspect(value, {
    depth: Infinity,
    showHidden: true,
    maxStringLength: null,
    breakLength: 200,
  });
  const errors: string[] = [];
  for (let error = value; error instanceof Error; error = error.cause)
    errors.push(error.name, error.message, error.stack ?? '');
  return [shown, JSON.stringify(value), ...errors].join('\n');
}

function hasOne(text: string, length: number, secrets: ReadonlySet<string>): boolean {
  for (let at = 0; at + length <= text.length; at++)
    if (secrets.has(text.slice(at, at + length))) return true;
  return false;
}
