import { describeWithoutText } from '../../core/util/describe-value.js';
import { connectionOf, type RedisClient } from './redis-clients.js';

interface CommonOptions {
  /**
   * Prefix of all Redis keys. It must differ from the prefix of any other user of the server, such as
   * `connect-redis`.
   * @defaultValue `'nest-session:'`
   */
  readonly prefix?: string | undefined;
  /**
   * Whether sweeps find expired sessions, for the event `expired`. Each create, save and touch then sends a
   * further command in the same round trip. Set it on all nodes that share sessions. Without a sweep, Redis
   * deletes a session one hour after its expiry instead of five minutes.
   * @defaultValue `false`
   */
  readonly expiredEvents?: boolean | undefined;
}

interface WithClient extends CommonOptions {
  /**
   * The client of the application: of `redis` 5 or 6 (a client, pool, cluster or sentinel), of `ioredis` 5 or
   * 6, or of `iovalkey` (a `Redis` or `Cluster`). The application connects and closes it.
   *
   * Recommended for ioredis: `autoResendUnfulfilledCommands: false`, because after a lost connection ioredis
   * sends writes again that may have run, and a counter would count twice; and `maxRetriesPerRequest: 0`,
   * because commands that are pending at that moment may otherwise never get a result.
   *
   * Recommended for `redis` 6: `disableOfflineQueue: true` with `commandOptions: { timeout: undefined }`.
   * Otherwise the client starts a timer for each command, which limits the wait for a connection and costs as
   * much as the rest of the command.
   */
  readonly client: RedisClient;
  readonly url?: undefined;
}

interface WithUrl extends CommonOptions {
  /**
   * URL of the server, such as `redis://user:password@host:6379/0`, or `rediss:` for TLS. The store opens and
   * closes its own client, and needs the package `redis` or `ioredis`. For a cluster or sentinels, set
   * {@link WithClient.client} instead.
   */
  readonly url: string;
  readonly client?: undefined;
}

/**
 * Options of a `RedisSessionStore`: exactly one of `client` and `url`, a prefix, and whether sweeps find
 * sessions.
 */
export type RedisStoreOptions = WithClient | WithUrl;

/** Checked options, with defaults. */
export interface CheckedOptions {
  readonly prefix: string;
  readonly expiredEvents: boolean;
  readonly server: { readonly client: RedisClient } | { readonly url: string };
}

const KNOWN = ['client', 'url', 'prefix', 'expiredEvents'];

/** @throws TypeError or RangeError that names the option, its value without text, and the fix. */
export function checkOptions(options: RedisStoreOptions): CheckedOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      `The RedisSessionStore needs an object with the option client or url, got ${describeWithoutText(given)}.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name))
      throw new TypeError(
        `The RedisSessionStore has no option with this name. Its options are ${KNOWN.join(', ')}.`,
      );
  }
  const { client, url, prefix = 'nest-session:', expiredEvents = false } = options;
  if ((client === undefined) === (url === undefined)) {
    throw new TypeError(
      `The RedisSessionStore needs exactly one of the options client and url, got ${client === undefined ? 'neither' : 'both'}.`,
    );
  }
  return {
    prefix: checkPrefix(prefix),
    expiredEvents: checkFlag(expiredEvents),
    server: client === undefined ? { url: checkUrl(url) } : { client: checkClient(client) },
  };
}

function checkClient(client: RedisClient): RedisClient {
  if (connectionOf(client) !== null) return client;
  const fix =
    (client as unknown) instanceof Promise
      ? 'Await the promise and pass its result.'
      : 'Pass the result of createClient(), createCluster() or createSentinel() of redis, ' +
        'or a Redis or Cluster of ioredis or iovalkey.';
  throw new TypeError(
    `The option client of the RedisSessionStore must be a Redis client, got ${describeWithoutText(client)}. ${fix}`,
  );
}

/** The messages do not show the URL, because it may contain a password. */
function checkUrl(url: unknown): string {
  const expected = 'The option url of the RedisSessionStore must be a URL such as "redis://localhost:6379"';
  if (typeof url !== 'string') throw new TypeError(`${expected}, got ${describeWithoutText(url)}.`);
  if (!/^rediss?:\/\//.test(url)) throw new RangeError(`${expected}, got one with another protocol.`);
  if (!URL.canParse(url)) throw new RangeError(`${expected}, got a string that is not a URL.`);
  return url;
}

function checkFlag(expiredEvents: unknown): boolean {
  if (typeof expiredEvents === 'boolean') return expiredEvents;
  throw new TypeError(
    `The option expiredEvents of the RedisSessionStore must be true or false, got ${describeWithoutText(expiredEvents)}.`,
  );
}

function checkPrefix(prefix: unknown): string {
  const expected = 'The option prefix of the RedisSessionStore must be a string that is not empty';
  if (typeof prefix !== 'string') throw new TypeError(`${expected}, got ${describeWithoutText(prefix)}.`);
  if (prefix === '') throw new RangeError(`${expected}, got "". Omit it to use "nest-session:".`);
  return prefix;
}
