import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-key.js';
import type { Conflict } from '../../core/session-store.js';
import type { RedisConnection } from './redis-clients.js';
import { safeError } from './redis-errors.js';
import { decodeFields } from './redis-record.js';
import type { RedisScript } from './redis-scripts.js';

/** What a script answers: mostly a word, and what belongs to it. */
export type ScriptAnswer = readonly unknown[];

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
    try {
      return (await this.send('evalsha', [script.digest, ...rest], keys[0]!)) as ScriptAnswer;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await this.send('eval', [script.text, ...rest], keys[0]!)) as ScriptAnswer;
    }
  }

  /** Sends one command. */
  async send(command: string, words: readonly string[], key: string): Promise<unknown> {
    let answer: Promise<unknown> | null = null;
    try {
      answer = this.#connection.send(command, words, key);
      this.#underWay.add(answer);
      return await answer;
    } catch (error) {
      throw safeError(error, words);
    } finally {
      if (answer !== null) this.#underWay.delete(answer);
    }
  }

  /** Resolves when all commands that were sent are answered. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}

/** The word of an answer; some clients give bytes. */
export function wordOf<W extends string>([word]: ScriptAnswer): W {
  return String(word) as W;
}

/** The answer of a script that compares: its word, or the record that stands against it. */
export function outcomeOf<W extends string>(answer: ScriptAnswer): W | 'missing' | Conflict {
  const word = wordOf<W | 'conflict'>(answer);
  if (word !== 'conflict') return word;
  const record = decodeFields(answer[1]);
  return record === null ? 'missing' : { conflict: record };
}

const isUnknownScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT');
