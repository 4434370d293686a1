import { type NoticeConnection, type NoticeEvents, NoticeFeed } from '../../core/store/notice-feed.js';
import { checkNotice } from '../../core/store/notice-text.js';
import type { StoreNotices } from '../../core/store/store-powers.js';
import { StoreError } from '../../core/util/store-error.js';
import type { RedisAccess } from './redis-access.js';
import type { RedisServer } from './redis-clients.js';
import { script } from './redis-lua.js';
import type { RedisSubscriber } from './redis-subscriber.js';

/** What a store lacks whose client cannot open a further connection. */
export const NOTICES_NEED =
  'a further connection to Redis, and the option client of the RedisSessionStore has no method duplicate(). ' +
  'Pass a client of redis, ioredis or iovalkey itself, or set the option url';

/**
 * Publishes a text. Clients send the command `PUBLISH` to any server of a cluster, and texts that pass
 * through different servers arrive in any order. They send a script to the server of its key, which is always
 * the same.
 */
const PUBLISH = script(`
return {redis.call('PUBLISH', ARGV[1], ARGV[2])}
`);

/**
 * Notices by `PUBLISH` and `SUBSCRIBE` on one channel of the store. A server of a cluster passes a text to
 * all others, so one subscribed server suffices.
 */
export class RedisNotices implements StoreNotices {
  readonly #access: RedisAccess;
  readonly #feed: NoticeFeed;
  readonly #random: () => number;

  /** `random` returns a number from 0 up to 1. */
  constructor(access: RedisAccess, random: () => number = Math.random) {
    this.#access = access;
    this.#random = random;
    this.#feed = new NoticeFeed((events) => this.#open(events), random);
  }

  async publish(notice: string): Promise<void> {
    checkNotice(notice);
    const { noticeChannel: channel, noticeKey: key } = this.#access;
    if (this.#access.isCluster) await this.#access.run(PUBLISH, [key], [channel, notice]);
    else await this.#access.send('publish', [channel, notice], key);
  }

  subscribe(onNotice: (notice: string | null) => void): () => Promise<void> {
    return this.#feed.subscribe(onNotice);
  }

  close(): Promise<void> {
    return this.#feed.close();
  }

  #open({ receive, lost }: NoticeEvents): NoticeConnection {
    let subscriber: RedisSubscriber | null = null;
    let server: RedisServer | null = null;
    let isClosed = false;
    const connect = async (): Promise<void> => {
      server = await this.#anyServer();
      const made = await server.subscriber!(lost);
      if (isClosed) return;
      subscriber = made;
      await made.open(this.#access.noticeChannel, receive);
    };
    return {
      ready: connect(),
      check: async () => {
        await subscriber!.ping();
        if (!this.#isPresent(server!)) throw new StoreError('The server has left the cluster.');
      },
      close: () => {
        isClosed = true;
        subscriber?.close();
      },
    };
  }

  /** Nodes subscribe to different servers of a cluster. */
  async #anyServer(): Promise<RedisServer> {
    await this.#access.findServers();
    const servers = this.#access.servers();
    const server = servers[Math.floor(this.#random() * servers.length)];
    if (server === undefined)
      throw new StoreError('The client of the RedisSessionStore has found no server of its cluster.');
    return server;
  }

  /** A server that has left its cluster still responds, but receives no texts. */
  #isPresent({ name }: RedisServer): boolean {
    return this.#access.servers().some((server) => server.name === name);
  }
}
