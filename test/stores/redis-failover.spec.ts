import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import * as ioredis6 from 'ioredis';
import * as ioredis5 from 'ioredis5';
import * as iovalkey from 'iovalkey';
import * as redis6 from 'redis';
import * as redis5 from 'redis5';
import { RedisSessionStore } from 'nest-session/redis';
import { newKey, recordOf } from '../../lib/testing/contract-records.js';
import { ownTime } from '../support/own-time.js';
import { startRedis, type OwnServer } from '../support/private-servers.js';
import { describeWithPrivateServers } from '../support/servers.js';
import { FAMILIES, newPrefix } from './support/redis-clients.js';
import { connectBy, PACKAGES } from './support/redis-own.js';
import { ask } from './support/redis-probe.js';
import { startProxy, type RedisProxy } from './support/redis-proxy.js';

// These tests wait for seconds on purpose. The delay of a busy machine does not fail them.
jest.setTimeout(120_000);

/** Retries until it succeeds. Resolves with the time that it took. */
async function msUntil(work: () => Promise<unknown>): Promise<number> {
  for (const began = ownTime(); ;) {
    try {
      await work();
      return ownTime() - began;
    } catch (error) {
      if (ownTime() - began > 15_000) throw error;
      await delay(20);
    }
  }
}

type Options = ConstructorParameters<typeof RedisSessionStore>[0];
type Connect = (
  url: string,
) => Promise<{ client: Extract<Options, { client: unknown }>['client']; close: () => void }>;

/** Clients of an application, with the settings in `docs/databases.md`. */
const GIVEN = new Map<string, Connect>([
  ...[redis5, redis6].map(({ createClient }, n) => {
    const connect = async (url: string) => {
      const client = (createClient as typeof redis6.createClient)({
        url,
        disableOfflineQueue: true,
        pingInterval: 1000,
        socket: { socketTimeout: 3000, connectTimeout: 2000, reconnectStrategy: 50 },
      });
      client.on('error', () => undefined);
      await client.connect();
      return { client, close: () => client.destroy() };
    };
    return [`redis ${n + 5}`, connect] as const;
  }),
  ...[ioredis5, ioredis6, iovalkey].map(({ Redis }, n) => {
    const connect = async (url: string) => {
      const client = new (Redis as typeof ioredis6.Redis)(url, {
        socketTimeout: 2000,
        connectTimeout: 2000,
        maxRetriesPerRequest: 0,
        autoResendUnfulfilledCommands: false,
      });
      client.on('error', () => undefined);
      await once(client, 'ready');
      return { client, close: () => client.disconnect() };
    };
    return [['ioredis 5', 'ioredis 6', 'iovalkey'][n]!, connect] as const;
  }),
]);

describeWithPrivateServers(
  'redis',
  'a connection of the store through an address that moves to another server',
  () => {
    let first: OwnServer;
    let second: OwnServer;
    beforeAll(async () => void ([first, second] = await Promise.all([startRedis(), startRedis()])));
    afterAll(() => Promise.all([first.stop(), second.stop()]));

    /** Tests the names concurrently, each over its own proxy: such a test waits most of its time. */
    const byEach = (
      names: readonly string[],
      test: (name: string, proxy: RedisProxy) => Promise<void>,
    ): void => {
      let tests: ReadonlyMap<string, Promise<void>>;
      const run = async (name: string): Promise<void> => {
        const own = await startProxy(first.url);
        await test(name, own).finally(() => own.stop());
      };
      beforeAll(() => {
        tests = new Map(names.map((name) => [name, run(name)]));
        // The test of each name awaits its promise later.
        for (const promise of tests.values()) promise.catch(() => undefined);
      });
      it.each(names)('by %s', (name) => tests.get(name));
    };

    describe('is replaced when it no longer responds', () => {
      byEach(PACKAGES, async (name, proxy) => {
        const connection = connectBy(name, proxy.url);
        const echo = () => connection.send('echo', ['a'], '');
        await echo();
        proxy.silence();
        const waiting = [echo(), echo()];
        const results = await Promise.allSettled(waiting);
        expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        await expect(waiting[0]).rejects.toThrow('did not respond');
        expect(await msUntil(echo)).toBeLessThan(1500);
        expect(proxy.made()).toBe(2);
        connection.close();
      });
    });

    describe('is replaced when it is accepted but never responds', () => {
      byEach(PACKAGES, async (name, proxy) => {
        proxy.silenceNew(true);
        const began = performance.now();
        const connection = connectBy(name, proxy.url);
        const echo = () => connection.send('echo', ['a'], '');
        await expect(echo()).rejects.toThrow('no connection');
        await delay(3000);
        proxy.silenceNew(false);
        expect(await msUntil(echo)).toBeLessThan(4000);
        // Each connection without a response lasts two seconds. Then there are the first and the last one.
        expect(proxy.made()).toBeLessThanOrEqual(2 + (performance.now() - began) / 2000);
        expect(proxy.made()).toBeGreaterThan(1);
        connection.close();
      });
    });

    describe('is kept when no command is pending, and when the process was blocked', () => {
      let numbers: ReadonlyMap<string, readonly unknown[]>;
      beforeAll(async () => {
        // Without a proxy, which is blocked as well.
        const connections = PACKAGES.map((name) => connectBy(name, first.url));
        const ask = () => Promise.all(connections.map((connection) => connection.send('client', ['id'], '')));
        const before = await ask();
        await delay(2500);
        const pending = ask();
        for (const end = performance.now() + 2500; performance.now() < end;);
        const [blocked, after] = [await pending, await ask()];
        numbers = new Map(PACKAGES.map((name, n) => [name, [before[n], blocked[n], after[n]]]));
        for (const connection of connections) connection.close();
      });

      it.each(PACKAGES)('by %s', (name) => {
        const [before, ...others] = numbers.get(name)!;
        expect(before).toEqual(expect.any(Number));
        expect(others).toEqual([before, before]);
      });
    });

    describe('rejects pending commands when it is cut', () => {
      byEach(PACKAGES, async (name, proxy) => {
        const connection = connectBy(name, proxy.url);
        const echo = () => connection.send('echo', ['a'], '');
        await echo();
        proxy.silence();
        const waiting = echo();
        const began = ownTime();
        setTimeout(() => proxy.cut(), 50);
        await expect(waiting).rejects.toThrow();
        expect(ownTime() - began).toBeLessThan(1000);
        expect(await msUntil(echo)).toBeLessThan(1500);
        connection.close();
      });
    });

    describe('is replaced when its server has become a replica', () => {
      const become = async (...args: readonly [string, string]): Promise<void> => {
        const { client, close } = await FAMILIES[2][1].single(first.url);
        await ask(client)('replicaof', ...args);
        await close();
      };
      let yetToWrite = PACKAGES.length;
      let turn: () => void;
      const turned = new Promise<void>((resolve) => (turn = resolve));
      afterAll(() => become('no', 'one'));

      byEach(PACKAGES, async (name, proxy) => {
        const connection = connectBy(name, proxy.url);
        const write = () => connection.send('incr', [newPrefix()], '');
        await write();
        if (--yetToWrite === 0) await become('127.0.0.1', String(second.port)).then(turn);
        await turned;
        // The address still leads to the replica: the store reconnects from time to time, not at each write.
        const [made, began] = [proxy.made(), performance.now()];
        for (let seconds = 0; seconds < 2.5 || proxy.made() - made < 2;) {
          await expect(write()).rejects.toThrow(/READONLY/);
          await delay(5);
          seconds = (performance.now() - began) / 1000;
          expect(proxy.made() - made).toBeLessThanOrEqual(seconds + 2);
          expect(seconds).toBeLessThan(20);
        }
        proxy.leadTo(second.url);
        expect(await msUntil(write)).toBeLessThan(2500);
        connection.close();
      });
    });

    describe('is replaced with the settings in the documentation, when a client of the application does not respond', () => {
      byEach([...GIVEN.keys()], async (name, proxy) => {
        const { client, close } = await GIVEN.get(name)!(proxy.url);
        const store = new RedisSessionStore({ client, prefix: newPrefix() });
        const load = () => store.load(newKey());
        await load();
        proxy.silence();
        await expect(load()).rejects.toThrow();
        expect(await msUntil(load)).toBeLessThan(1500);
        await store.close();
        close();
      });
    });

    it('is closed with the store, like all others', async () => {
      const proxy = await startProxy(first.url);
      const store = new RedisSessionStore({ url: proxy.url, prefix: newPrefix() });
      await store.create(newKey(), recordOf({}));
      proxy.silence();
      const loading = store.load(newKey());
      await store.close();
      await expect(loading).rejects.toThrow();
      await expect(store.load(newKey())).rejects.toThrow('is closed');
      for (const over = ownTime() + 5000; proxy.open() > 0 && ownTime() < over;) await delay(20);
      expect(proxy.open()).toBe(0);
      proxy.stop();
    });
  },
);
