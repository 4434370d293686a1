import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-key.js';
import type { Conflict } from '../../core/session-store.js';
import type { RedisConnection } from './redis-clients.js';
import { safeError } from './redis-errors.js';
import { decodeFields } from './redis-record.js';
import type { RedisScript } from './redis-scripts.js';

/** What a script answers: a word, and what belongs to it. */
export type ScriptAnswer = readonly [word: string, more: unknown];

/** Keys and scripts of one store, behind any client. */
export class RedisAccess {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  get isCluster(): boolean {
    return this.#connection.isCluster;
  }

  /** Where a session lies. */
  sessionKey(key: SessionKey): string {
    return `${this.#prefix}s:${key}`;
  }

  /** Where the keys of a principal's sessions lie; the principal as the text that `textOf` makes, hashed: it may be long. */
  indexKey(principal: string): string {
    return `${this.#prefix}p:${createHash('sha256').update(principal).digest('base64url')}`;
  }

  /** Has Redis carry out a script: one round trip, and a second one where the server does not know it yet. */
  async run(script: RedisScript, keys: readonly string[], words: readonly string[]): Promise<ScriptAnswer> {
    const rest = [String(keys.length), ...keys, ...words];
    let answer: unknown;
    try {
      answer = await this.send('evalsha', [script.digest, ...rest], keys[0]!);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      answer = await this.send('eval', [script.text, ...rest], keys[0]!);
    }
    const [word, more] = answer as readonly unknown[];
    return [String(word), more];
  }

  /** Sends one command. */
  async send(command: string, words: readonly string[], key: string): Promise<unknown> {
    const answer = this.#connection.send(command, words, key);
    this.#underWay.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw safeError(error, words);
    } finally {
      this.#underWay.delete(answer);
    }
  }

  /** Resolves when all commands that were sent are answered. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}

/** The answer of a script that compares: its word, or the record that stands against it. */
export function outcomeOf<W extends string>([word, more]: ScriptAnswer): W | 'missing' | Conflict {
  if (word !== 'conflict') return word as W;
  const record = decodeFields(more);
  return record === null ? 'missing' : { conflict: record };
}

const isUnknownScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT');
