import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-id.js';
import type { Conflict } from '../../core/store/session-store.js';
import { withDeadline } from '../../core/util/deadline.js';
import { PendingWork } from '../../core/util/pending-work.js';
import type { RedisConnection } from './redis-clients.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { decodeFields } from './redis-record.js';
import type { RedisScript } from './redis-scripts.js';

/** Longest time that the start of an application waits for its server. Milliseconds. */
const MODE_WITHIN_MS = 2000;

/** What a script answers: mostly a word, and what belongs to it. */
export type ScriptAnswer = readonly unknown[];

/** Keys and scripts of one store, behind any client. */
export class RedisAccess {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #pending = new PendingWork();

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
    try {
      return await this.#pending.add(this.#connection.send(command, words, key));
    } catch (error) {
      if (!this.isCluster && isOfCluster(error)) throw clusterMode();
      throw safeError('RedisSessionStore', error);
    }
  }

  /** @throws StoreError when the server is in cluster mode and the client is not. A server that cannot be asked passes. */
  async checkMode(): Promise<void> {
    if (this.isCluster) return;
    const late = (): Error => new Error('The server did not respond in time.');
    const info = withDeadline(this.send('info', ['cluster'], ''), MODE_WITHIN_MS, late);
    const text = await info.catch(() => '');
    if (/^cluster_enabled:1\r?$/m.test(String(text))) throw clusterMode();
  }

  /** Resolves when all commands have a result, or after the limit. */
  idle(limitMs: number): Promise<void> {
    return this.#pending.done(limitMs);
  }
}

/** A plain client at a server in cluster mode: the error of a key elsewhere, or of two keys in different slots. */
const isOfCluster = (error: unknown): boolean =>
  error instanceof Error && /^(?:CROSSSLOT|MOVED) /.test(error.message);

const clusterMode = (): StoreError =>
  new StoreError(
    'The server of the RedisSessionStore is in cluster mode, and its client is not: a login would fail with CROSSSLOT. ' +
      'Give the option client a Cluster of ioredis or what createCluster of redis makes.',
  );

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

const isUnknownScript = (error: unknown): boolean => (error as { code?: unknown }).code === 'NOSCRIPT';
