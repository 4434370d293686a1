import { setTimeout as delay } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RedisSessionStore } from 'nest-session/redis';
import { attributes, newKey, patchOf, recordOf } from '../../lib/testing/contract-records.js';
import { freePort } from '../support/free-port.js';
import { startRedis, type OwnServer } from '../support/private-servers.js';
import { describeWithPrivateServers, describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix } from './support/redis-clients.js';
import { connectBy, PACKAGES } from './support/redis-own.js';
import { ask } from './support/redis-probe.js';
import { startRedisBehindSentinel } from './support/redis-sentinel.js';

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

// A separate server: other tests count commands, and a forgotten script is sent again.
describeWithPrivateServers('redis', 'a client of the application whose server loses its scripts', () => {
  let server: OwnServer;
  beforeAll(async () => void (server = await startRedis()));
  afterAll(() => server.stop());

  it.each(FAMILIES)('%s works after the server has lost all scripts', async (_, { single }) => {
    const { client, close } = await single(server.url);
    const prefix = newPrefix();
    const store = new RedisSessionStore({ client, prefix });
    const forget = () => ask(client)('script', 'flush');
    const [first, second] = [newKey(), newKey()];
    await forget();
    expect(await store.create(first, recordOf({ n: '1' }))).toBe('created');
    await forget();
    expect(await store.patch(first, patchOf({ n: ['1', '2'] }))).toBe('applied');
    await forget();
    expect(await store.rekey(first, second, recordOf({ n: '3' }), 1)).toBe('applied');
    await forget();
    expect(await attributes(store, second)).toEqual({ n: '3' });
    await forget();
    expect(await store.delete(second)).toBe('deleted');
    await close();
  });
});

describeWithServer('redis', 'a client of the application', (url) => {
  it.each(FAMILIES)('%s is not closed with the store', async (_, { single }) => {
    const { client, close } = await single(url);
    const store = new RedisSessionStore({ client, prefix: newPrefix() });
    const writing = store.create(newKey(), recordOf({}));
    await store.close();
    expect(await writing).toBe('created');
    expect(await ask(client)('echo', 'still there')).toBe('still there');
    await close();
  });
});

describeWithPrivateServers('redis', 'a server that restarts', () => {
  let server: OwnServer;
  beforeAll(async () => void (server = await startRedis({ durable: true, port: await freePort() })));
  afterAll(() => server.stop());

  it.each(FAMILIES)('is used again by %s, with its data', async (_, { single }) => {
    const { client, close } = await single(server.url);
    const store = new RedisSessionStore({ client, prefix: newPrefix() });
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }));
    await server.kill();
    await server.restart();
    expect(await atLast(() => attributes(store, key))).toEqual({ n: '1' });
    expect(await store.patch(key, patchOf({ n: ['1', '2'] }))).toBe('applied');
    await store.close();
    await close();
  });

  it('is used again by a store with url, whose errors contain the reason meanwhile', async () => {
    const store = new RedisSessionStore({ url: server.url, prefix: newPrefix() });
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }));
    await server.kill();
    await store.load(key).catch(() => undefined);
    await expect(store.load(key)).rejects.toMatchObject({
      message: 'The RedisSessionStore has no connection to its server.',
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }) as unknown,
    });
    await server.restart();
    expect(await atLast(() => attributes(store, key))).toEqual({ n: '1' });
    await store.close();
  });
});

describeWithServer('redis', 'a store with its own client', (url) => {
  it.each(PACKAGES)('by %s starts no timer per command', async (name) => {
    const connection = connectBy(name, url);
    await atLast(() => connection.send('ping', [], ''));
    const armed = [jest.spyOn(AbortSignal, 'timeout'), jest.spyOn(globalThis, 'setTimeout')];
    await Promise.all(Array.from({ length: 10 }, () => connection.send('ping', [], '')));
    const counts = armed.map(({ mock }) => mock.calls.length);
    for (const spy of armed) spy.mockRestore();
    connection.close();
    expect(Math.max(...counts)).toBeLessThan(2);
  });

  it('finishes pending calls when it is closed, and rejects later calls', async () => {
    const store = new RedisSessionStore({ url, prefix: newPrefix() });
    const key = newKey();
    const writing = store.create(key, recordOf({}));
    await store.onApplicationShutdown();
    expect(await writing).toBe('created');
    await expect(store.load(key)).rejects.toThrow('is closed');
    await store.close();
  });

  it('can be closed before it is connected, and when no server listens', async () => {
    await new RedisSessionStore({ url }).close();
    await new RedisSessionStore({ url: 'redis://127.0.0.1:1' }).close();
  });
});

describeWithPrivateServers('redis', 'a connection of the store itself', () => {
  let server: OwnServer;
  beforeAll(async () => void (server = await startRedis({ port: await freePort() })));
  afterAll(() => server.stop());

  it.each(PACKAGES)('is opened by %s, and opened again', async (name) => {
    const connection = connectBy(name, server.url);
    const echo = (text: string) => connection.send('echo', [text], '');
    expect(await Promise.all(['a', 'b', 'c'].map(echo))).toEqual(['a', 'b', 'c']);
    await server.kill();
    await echo('d').catch(() => undefined);
    await expect(echo('e')).rejects.toThrow('no connection');
    await server.restart();
    expect(await atLast(() => echo('f'))).toBe('f');
    connection.close();
    await expect(echo('g')).rejects.toThrow('is closed');
  });

  it.each(PACKAGES)('by %s waits for a server that starts late', async (name) => {
    await server.kill();
    const connection = connectBy(name, server.url);
    const waiting = atLast(() => connection.send('echo', ['at last'], ''));
    await server.restart();
    expect(await waiting).toBe('at last');
    connection.close();
  });
});

describeWithPrivateServers('redis', 'a server behind a sentinel', () => {
  let behind: Awaited<ReturnType<typeof startRedisBehindSentinel>>;
  beforeAll(async () => void (behind = await startRedisBehindSentinel('sessions')));
  afterAll(() => behind.stop());

  it.each(FAMILIES)('is used by %s', async (_, { sentinel }) => {
    const { client, close } = await sentinel(behind.port, 'sessions');
    const store = new RedisSessionStore({ client, prefix: newPrefix() });
    const [first, second] = [newKey(), newKey()];
    await store.create(first, recordOf({ n: '1' }, { principal: 'u1' }));
    expect(await store.rekey(first, second, recordOf({ n: '2' }, { principal: 'u1' }), 0)).toBe('applied');
    expect((await store.listByPrincipal('u1', Date.now(), 10)).map(({ key }) => key)).toEqual([second]);
    expect(await store.deleteByPrincipal('u1', null)).toBe(1);
    expect(await store.load(second)).toBeNull();
    await store.close();
    await close();
  });
});
