import { setTimeout as delay } from 'node:timers/promises';
import * as ioredis6 from 'ioredis';
import * as ioredis5 from 'ioredis5';
import * as iovalkey from 'iovalkey';
import * as redis6 from 'redis';
import * as redis5 from 'redis5';
import type { StoreNotices } from 'nest-session';
import { type RedisClient, RedisSessionStore } from 'nest-session/redis';
import { hasNotices, missingNotices } from '../../lib/core/store/store-powers.js';
import { RedisAccess } from '../../lib/stores/redis/redis-access.js';
import { connectionOf } from '../../lib/stores/redis/redis-clients.js';
import { RedisNotices } from '../../lib/stores/redis/redis-notices.js';
import { NoticeInbox } from '../../lib/testing/notice-inbox.js';
import { freePort } from '../support/free-port.js';
import {
  type OwnRedisCluster,
  type OwnServer,
  startRedis,
  startRedisCluster,
} from '../support/private-servers.js';
import { describeWithPrivateServers, describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { connectBy, PACKAGES } from './support/redis-own.js';
import { ask, probe } from './support/redis-probe.js';
import { startRedisBehindSentinel } from './support/redis-sentinel.js';

type NoticeStore = RedisSessionStore & StoreNotices;

function storeOf(client: RedisClient, prefix = newPrefix()): NoticeStore {
  const store = new RedisSessionStore({ client, prefix });
  if (!hasNotices(store)) throw new Error('The store has no notices.');
  return store;
}

/** Retries until it succeeds: a client needs some time to reconnect to its server. */
async function atLast<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 20_000; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(5);
    }
  }
}

/** The connections of a server that subscribe. */
async function subscribers(send: ReturnType<typeof ask>): Promise<string[]> {
  const list = String(await send('client', 'list', 'TYPE', 'pubsub'));
  return list.split('\n').filter((line) => line !== '');
}

/** Waits until there are as many connections: a server notices the end of one a little later. */
const untilSubscribers = (send: ReturnType<typeof ask>, count: number): Promise<void> =>
  atLast(async () => expect(await subscribers(send)).toHaveLength(count));

describeWithPrivateServers('redis', 'notices of one Redis server', () => {
  let server: OwnServer;
  let held: TestClient;
  let send: ReturnType<typeof ask>;
  beforeAll(async () => {
    server = await startRedis({ port: await freePort() });
    held = await FAMILIES[2][1].single(server.url);
    send = ask(held.client);
  });
  afterAll(async () => {
    await held.close();
    await server.stop();
  });

  const survives = async (notices: StoreNotices): Promise<void> => {
    const inbox = new NoticeInbox(notices);
    await inbox.has([null]);
    await send('client', 'kill', 'TYPE', 'pubsub');
    await inbox.has([null, null]);
    await notices.publish('between');
    await inbox.has([null, null, 'between']);
    await server.kill();
    await server.restart();
    await inbox.has([null, null, 'between', null]);
    await atLast(() => notices.publish('at last'));
    await inbox.has([null, null, 'between', null, 'at last']);
    await inbox.remove();
    await untilSubscribers(send, 0);
  };

  it.each(FAMILIES)('begin again with %s after a killed connection and a restart', async (_, { single }) => {
    const { client, close } = await single(server.url);
    const store = storeOf(client);
    await survives(store);
    await store.close();
    await close();
  });

  it.each(PACKAGES)('begin again with a store that connects itself by %s', async (name) => {
    const connection = connectBy(name, server.url);
    const notices = new RedisNotices(new RedisAccess(connection, newPrefix()));
    await survives(notices);
    connection.close();
  });

  it('open no connection before the first listener, one for all of them, and none after close()', async () => {
    const store = storeOf(held.client);
    await store.publish('for nobody');
    expect(await subscribers(send)).toEqual([]);
    const inboxes = [new NoticeInbox(store), new NoticeInbox(store), new NoticeInbox(store)];
    for (const inbox of inboxes) await inbox.has([null]);
    expect(await subscribers(send)).toHaveLength(1);
    await inboxes[0]!.remove();
    expect(await subscribers(send)).toHaveLength(1);
    await store.close();
    await untilSubscribers(send, 0);
    expect(await send('echo', 'still there')).toBe('still there');
  });

  it('wait for a server that starts late, and can be closed before it does', async () => {
    await server.kill();
    const store = new RedisSessionStore({ url: server.url, prefix: newPrefix() }) as NoticeStore;
    const other = new RedisSessionStore({ url: server.url }) as NoticeStore;
    const inbox = new NoticeInbox(store);
    const early = new NoticeInbox(other);
    await expect(store.publish('too early')).rejects.toThrow(/no connection/);
    await other.close();
    await server.restart();
    await inbox.has([null]);
    await early.has([]);
    await store.close();
    await expect(store.publish('too late')).rejects.toThrow(/is closed/);
  });

  it.each([
    ['ioredis 6', () => new ioredis6.Redis(server.url, { keyPrefix: 'app:' })],
    ['ioredis 5', () => new ioredis5.Redis(server.url, { keyPrefix: 'app:' })],
    ['iovalkey', () => new iovalkey.Redis(server.url, { keyPrefix: 'app:' })],
  ])('use one channel with the key prefixes of %s and of the store', async (_, make) => {
    const client = make();
    const prefix = newPrefix();
    const stores = [
      storeOf(client, prefix),
      storeOf(held.client, `app:${prefix}`),
      storeOf(held.client, prefix),
    ];
    const inboxes = stores.map((store) => new NoticeInbox(store));
    for (const inbox of inboxes) await inbox.has([null]);
    expect(await send('pubsub', 'channels', `*${prefix}*`)).toEqual(
      expect.arrayContaining([`app:${prefix}n`, `${prefix}n`]),
    );
    await stores[0]!.publish('from the prefixed client');
    await stores[1]!.publish('from the other');
    await stores[2]!.publish('elsewhere');
    const texts = ['from the prefixed client', 'from the other'];
    await inboxes[0]!.has([null, ...texts]);
    await inboxes[1]!.has([null, ...texts]);
    await inboxes[2]!.has([null, 'elsewhere']);
    await Promise.all(stores.map((store) => store.close()));
    client.disconnect();
  });

  it.each([
    ['redis 6', redis6],
    ['redis 5', redis5],
  ])('work with a pool of %s', async (_, { createClientPool }) => {
    const pool = (createClientPool as typeof redis6.createClientPool)({ url: server.url });
    pool.on('error', () => undefined);
    await pool.connect();
    const store = storeOf(pool);
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    await store.publish('text');
    await inbox.has([null, 'text']);
    await store.close();
    await untilSubscribers(send, 0);
    await pool.close();
  });

  it('need a client that can open a further connection, and name it', () => {
    const store = new RedisSessionStore({ client: probe(held.client).client });
    expect(hasNotices(store)).toBe(false);
    expect(missingNotices(store, 'The option notify').message).toMatch(
      /^The option notify needs a further connection to Redis, .* Pass a client of redis, .* the option url\.$/,
    );
  });
});

const CHANNEL = 'a channel';

describe.each(FAMILIES)('a subscriber by %s', (_, { single, cluster }) => {
  const responds = (url: string, connect: (url: string) => Promise<TestClient>): void => {
    it('responds to a check while it subscribes, and not after it is closed', async () => {
      const { client, close } = await connect(url);
      const connection = connectionOf(client)!;
      await connection.send('get', ['key'], 'key');
      let [texts, ends] = [0, 0];
      const subscriber = await connection.servers()[0]!.subscriber!(() => ends++);
      await subscriber.open(CHANNEL, () => texts++);
      await Promise.all([subscriber.ping(), subscriber.ping()]);
      expect([texts, ends]).toEqual([0, 0]);
      subscriber.close();
      await expect(subscriber.ping()).rejects.toThrow();
      await close();
    });
  };
  describeWithServer('redis', 'on one server', (url) => responds(url, single));
  describeWithServer('redis-cluster', 'on a cluster', (url) => responds(url, cluster));
});

describeWithPrivateServers('redis', 'notices of a Redis cluster', () => {
  let servers: OwnRedisCluster;
  beforeAll(async () => void (servers = await startRedisCluster()));
  afterAll(() => servers.stop());

  it.each(FAMILIES)('begin again with %s on any server after a killed connection', async (_, { cluster }) => {
    const { client, close } = await cluster(servers.url);
    const connection = connectionOf(client)!;
    await connection.send('get', ['key'], 'key');
    const masters = connection.servers();
    for (const [n] of masters.entries()) {
      // Not quite n / 3, which may be rounded down to the server before.
      const chosen = (): number => (n + 0.5) / masters.length;
      const notices = new RedisNotices(new RedisAccess(connection, newPrefix()), chosen);
      const inbox = new NoticeInbox(notices);
      await inbox.has([null]);
      await notices.publish('text');
      await inbox.has([null, 'text']);
      const lists = masters.map((server) => server.send('client', ['list', 'TYPE', 'pubsub']));
      expect((await Promise.all(lists)).map((list) => String(list).includes('sub=1'))).toEqual(
        masters.map((_server, other) => other === n),
      );
      await masters[n]!.send('client', ['kill', 'TYPE', 'pubsub']);
      await inbox.has([null, 'text', null]);
      await notices.publish('again');
      await inbox.has([null, 'text', null, 'again']);
      await inbox.remove();
      await atLast(async () => {
        const list = await masters[n]!.send('client', ['list', 'TYPE', 'pubsub']);
        expect(String(list)).not.toContain('sub=1');
      });
    }
    await close();
  });
});

describeWithPrivateServers('redis', 'notices of a server behind a sentinel', () => {
  let behind: Awaited<ReturnType<typeof startRedisBehindSentinel>>;
  beforeAll(async () => void (behind = await startRedisBehindSentinel('sessions')));
  afterAll(() => behind.stop());

  it.each(FAMILIES)('are received by %s', async (_, { sentinel }) => {
    const { client, close } = await sentinel(behind.port, 'sessions');
    const store = storeOf(client);
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    await store.publish('text');
    await inbox.has([null, 'text']);
    await store.close();
    await close();
  });
});
