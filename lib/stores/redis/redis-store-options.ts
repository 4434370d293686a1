import { describeWithoutText } from '../../core/util/describe-value.js';
import { connectionOf, type RedisClient } from './redis-clients.js';

interface CommonOptions {
  /**
   * What all keys begin with. Another one than any other user of the server has, `connect-redis` included.
   * @defaultValue `'nest-session:'`
   */
  readonly prefix?: string | undefined;
}

interface WithClient extends CommonOptions {
  /**
   * The client that the application has: of `redis` 5 or 6 (a client, pool, cluster or sentinel) or of `ioredis` 5 or 6
   * or `iovalkey` (a `Redis` or `Cluster`). The application connects and closes it.
   * An ioredis client better has `autoResendUnfulfilledCommands: false`: after a lost connection it sends writes again that
   * may have been carried out, and a counter would count twice. And `maxRetriesPerRequest: 0`: commands under way at that
   * moment may else stay without an answer.
   *
   * A client of `redis` 6 arms a timer for each command, which takes about as long as all else that it does. It limits how long
   * one waits for a connection: with `disableOfflineQueue: true` none does, and `commandOptions: { timeout: undefined }`
   * leaves it out.
   */
  readonly client: RedisClient;
  readonly url?: undefined;
}

interface WithUrl extends CommonOptions {
  /**
   * Where the server is, such as `redis://user:password@host:6379/0`, or `rediss:` for TLS. The store then has a client
   * of its own, for which it needs the package `redis` or `ioredis`, and closes it. One server: for a cluster or
   * sentinels give a {@link WithClient.client}.
   */
  readonly url: string;
  readonly client?: undefined;
}

/** Where a `RedisSessionStore` keeps its sessions: behind a client or at a URL. */
export type RedisStoreOptions = WithClient | WithUrl;

/** Options after a check, each with its value. */
export interface CheckedOptions {
  readonly prefix: string;
  readonly server: { readonly client: RedisClient } | { readonly url: string };
}

const KNOWN = ['client', 'url', 'prefix'];

/** @throws TypeError or RangeError that names the option, what came and what to do. */
export function checkOptions(options: RedisStoreOptions): CheckedOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      `The RedisSessionStore wants an object with the option client or url, got ${describeWithoutText(given)}.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name))
      throw new TypeError(
        `The RedisSessionStore got an option that it does not know. Its options are ${KNOWN.join(', ')}.`,
      );
  }
  const { client, url, prefix = 'nest-session:' } = options;
  if ((client === undefined) === (url === undefined)) {
    throw new TypeError(
      `The RedisSessionStore wants one of the options client and url, got ${client === undefined ? 'neither' : 'both'}.`,
    );
  }
  return {
    prefix: checkPrefix(prefix),
    server: client === undefined ? { url: checkUrl(url) } : { client: checkClient(client) },
  };
}

function checkClient(client: RedisClient): RedisClient {
  if (connectionOf(client) !== null) return client;
  const cure =
    (client as unknown) instanceof Promise
      ? 'Await the promise and give what comes of it.'
      : 'Give what createClient(), createCluster() or createSentinel() of redis makes, or a Redis or Cluster of ioredis or iovalkey.';
  throw new TypeError(
    `The option client of the RedisSessionStore must be a Redis client, got ${describeWithoutText(client)}. ${cure}`,
  );
}

/** The messages do not show the URL: there may be a password in it. */
function checkUrl(url: unknown): string {
  const wanted = 'The option url of the RedisSessionStore must be a text such as "redis://localhost:6379"';
  if (typeof url !== 'string') throw new TypeError(`${wanted}, got ${describeWithoutText(url)}.`);
  if (!/^rediss?:\/\//.test(url)) throw new RangeError(`${wanted}, got one that begins otherwise.`);
  if (!URL.canParse(url)) throw new RangeError(`${wanted}, got one that is no URL.`);
  return url;
}

function checkPrefix(prefix: unknown): string {
  const wanted = 'The option prefix of the RedisSessionStore must be a text that is not empty';
  if (typeof prefix !== 'string') throw new TypeError(`${wanted}, got ${describeWithoutText(prefix)}.`);
  if (prefix === '') throw new RangeError(`${wanted}, got "". Leave it out for "nest-session:".`);
  return prefix;
}
