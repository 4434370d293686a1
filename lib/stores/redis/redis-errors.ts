/** An error in the store's own words: there are no keys, data or passwords in it. */
export class StoreFailure extends Error {}

const LONGEST_MESSAGE = 500;
const DEEPEST = 5;
/** Shorter words stand in many a message by chance. */
const SHORTEST_WORD = 4;
/** What a server may be told to do, and may name in its messages. */
const COMMANDS = /^(?:eval|evalsha|zrem|zrevrangebyscore|hello|auth|select|client|info|ping)$/i;

/**
 * A client's error without what it was asked and without passwords, for errors are logged: a new one, made of its name, its
 * code, its message, and the errors it came from.
 *
 * @param words - What was sent, and what else must not be shown.
 */
export function safeError(error: unknown, words: readonly string[] = []): Error {
  return copyOf(error, words, DEEPEST);
}

function copyOf(error: unknown, words: readonly string[], depth: number): Error {
  if (error instanceof StoreFailure) return error;
  if (typeof error !== 'object' || error === null)
    return new Error('The client of the RedisSessionStore failed without an error.');
  const { name, code, message, cause, lastNodeError, previousErrors, errors } = error as Failure;
  const copy = new Error(typeof message === 'string' ? safeMessage(message, words) : '');
  if (typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name)) define(copy, 'name', name);
  if (typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)) Object.assign(copy, { code });
  if (depth === 0) return copy;
  const next = (of: unknown): Error => copyOf(of, words, depth - 1);
  for (const [key, origin] of Object.entries({ cause, lastNodeError })) {
    if (typeof origin === 'object' && origin !== null) define(copy, key, next(origin));
  }
  for (const [key, origins] of Object.entries({ previousErrors, errors })) {
    if (Array.isArray(origins)) define(copy, key, origins.slice(0, 10).map(next));
  }
  return copy;
}

/** What clients put on their errors, as far as it is of use. Their commands are not. */
interface Failure {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly lastNodeError?: unknown;
  readonly previousErrors?: unknown;
  readonly errors?: unknown;
}

function safeMessage(message: string, words: readonly string[]): string {
  // Servers show the first arguments of a command that they do not know, cut off, so that they cannot be looked for.
  let safe = message.replace(/,? with args beginning with:.*/is, '');
  const longestFirst = words.filter(({ length }) => length >= SHORTEST_WORD);
  for (const word of longestFirst.sort((a, b) => b.length - a.length)) {
    if (!COMMANDS.test(word)) safe = safe.replaceAll(word, '…');
  }
  // Quotation marks, but no apostrophes.
  safe = safe.replace(/(?<![\w])(['`"])(.*?)\1/gs, (quoted, _, text: string) =>
    COMMANDS.test(text) ? quoted : '…',
  );
  return safe.length > LONGEST_MESSAGE ? `${safe.slice(0, LONGEST_MESSAGE)}…` : safe;
}

const define = (copy: Error, key: string, value: unknown): void =>
  void Object.defineProperty(copy, key, { value, configurable: true, writable: true });

/**
 * Whether a server says that it is the wrong one, or not one yet: a copy, one that reads its file, or one that has lost the
 * server it copies. Older servers put the word into a sentence about the script.
 */
export const isWrongServer = (error: unknown): boolean =>
  error instanceof Error && /(?:^|[\s-])(?:READONLY|LOADING|MASTERDOWN) /.test(error.message);
