import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-id.js';
import type { Conflict } from '../../core/store/session-store.js';
import { withDeadline } from '../../core/util/deadline.js';
import { PendingWork } from '../../core/util/pending-work.js';
import type { RedisConnection, RedisServer } from './redis-clients.js';
import { safeError, StoreError } from '../../core/util/store-error.js';
import { decodeFields, GRACE_MS } from './redis-record.js';
import type { RedisScript } from './redis-lua.js';
import { EPOCH } from './redis-scripts.js';

/** Limit for the check of the server at the start of an application. */
const MODE_WITHIN_MS = 2000;

/** The reply of a script: usually a word, and its data. */
export type ScriptReply = readonly unknown[];

/** Sends the commands and scripts of one store, and builds its Redis keys. */
export class RedisAccess {
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #pending = new PendingWork();
  /** How long Redis keeps a record after its expiry. Milliseconds. */
  readonly graceMs: number;

  constructor(connection: RedisConnection, prefix: string, graceMs = GRACE_MS) {
    this.graceMs = graceMs;
    this.#connection = connection;
    this.#prefix = prefix;
  }

  get isCluster(): boolean {
    return this.#connection.isCluster;
  }

  /** The Redis key of a session. */
  sessionKey(key: SessionKey): string {
    return `${this.#prefix}s:${key}`;
  }

  /** What the Redis keys of all sessions begin with on the server. */
  get storedPrefix(): string {
    return `${this.#connection.keyPrefix}${this.#prefix}s:`;
  }

  /** The Redis key of a principal's index, with a hash of the principal that `textOf` has encoded. */
  indexKey(principal: string): string {
    return `${this.#prefix}p:${createHash('sha256').update(principal).digest('base64url')}`;
  }

  /** The Redis key of the epoch of a realm, a counter without an expiry. */
  epochKey(realm: string): string {
    return `${this.#prefix}g:${realm}`;
  }

  /** The Redis key of a set of deadlines. */
  deadlineKey(shard: number): string {
    return `${this.#prefix}x:${shard}`;
  }

  /** The channel of notices. No client adds its `keyPrefix` to a channel, so this name contains it. */
  get noticeChannel(): string {
    return `${this.#connection.keyPrefix}${this.noticeKey}`;
  }

  /** The key that decides which server of a cluster publishes notices. There is no record under it. */
  get noticeKey(): string {
    return `${this.#prefix}n`;
  }

  /** Runs a script in one round trip, or in two when the server has not cached the script yet. */
  async run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<ScriptReply> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return (await this.send('evalsha', [script.digest, ...rest], keys[0]!)) as ScriptReply;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await this.send('eval', [script.text, ...rest], keys[0]!)) as ScriptReply;
    }
  }

  /** Sends one command. */
  send(command: string, args: readonly string[], key: string): Promise<unknown> {
    return this.#safely(() => this.#connection.send(command, args, key));
  }

  /**
   * The servers with keys, in a cluster once the client has connected. Sends their commands as `send` does.
   */
  servers(): RedisServer[] {
    return this.#connection.servers().map((server) => ({
      ...server,
      send: (command, args) => this.#safely(() => server.send(command, args)),
    }));
  }

  /** A client of a cluster has found all servers once it has sent a command. */
  async findServers(): Promise<void> {
    if (this.isCluster) await this.run(EPOCH, [this.epochKey('')], []);
  }

  async #safely(send: () => Promise<unknown>): Promise<unknown> {
    try {
      return await this.#pending.add(send());
    } catch (error) {
      if (!this.isCluster && isFromCluster(error)) throw clusterMode();
      throw safeError('RedisSessionStore', error);
    }
  }

  /** @throws StoreError when the server is in cluster mode and the client is not. */
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

/** Errors of a server in cluster mode for a plain client: a key of another server, keys in two slots. */
const isFromCluster = (error: unknown): boolean =>
  error instanceof Error && /^(?:CROSSSLOT|MOVED) /.test(error.message);

const clusterMode = (): StoreError =>
  new StoreError(
    'The server of the RedisSessionStore is in cluster mode, and its client is not: a login would fail with CROSSSLOT. ' +
      'Set the option client to a Cluster of ioredis, or to the result of createCluster of redis.',
  );

/** The word of a reply. Some clients return it as bytes. */
export function wordOf<W extends string>([word]: ScriptReply): W {
  return String(word) as W;
}

/** The result of a script that compares: its word, or the conflicting record. */
export function resultOf<W extends string>(reply: ScriptReply): W | 'missing' | Conflict {
  const word = wordOf<W | 'conflict'>(reply);
  if (word !== 'conflict') return word;
  const record = decodeFields(reply[1]);
  return record === null ? 'missing' : { conflict: record };
}

const isUnknownScript = (error: unknown): boolean => (error as { code?: unknown }).code === 'NOSCRIPT';
