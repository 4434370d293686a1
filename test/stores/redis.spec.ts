import { RedisSessionStore } from 'nest-session/redis';
import { describeStoreContract } from 'nest-session/testing';
import { describeWithServer } from '../support/servers.js';
import { FAMILIES, newPrefix, type TestClient } from './support/redis-clients.js';
import { ask } from './support/redis-probe.js';

describe.each(FAMILIES)('%s', (_, { single, cluster }) => {
  describeWithServer('redis', 'on one server', (url) => askAll(() => single(url), true));
  describeWithServer('redis-cluster', 'on a cluster', (url) => askAll(() => cluster(url), false));
});

describe('with the option expiredEvents', () => {
  const [, { single, cluster }] = FAMILIES[2];
  describeWithServer('redis', 'on one server', (url) => askAll(() => single(url), true, true));
  describeWithServer('redis-cluster', 'on a cluster', (url) => askAll(() => cluster(url), false, true));
});

function askAll(connect: () => Promise<TestClient>, atomicRekey: boolean, expiredEvents?: true): void {
  let held: TestClient;
  let prefix: string;
  beforeAll(async () => void (held = await connect()));
  afterAll(() => held.close());
  describeStoreContract('RedisSessionStore', {
    runner: { describe, it, beforeEach, afterEach },
    create: () =>
      new RedisSessionStore({ client: held.client, prefix: (prefix = newPrefix()), expiredEvents }),
    dispose: (store) => store.close(),
    instances: {
      same: () => new RedisSessionStore({ client: held.client, prefix, expiredEvents }),
      other: () => new RedisSessionStore({ client: held.client, prefix: newPrefix(), expiredEvents }),
    },
    sweeps: false,
    claimsExpired: expiredEvents === true,
    atomicRekey,
    spoil: async (_, key) => {
      const place = `${prefix}s:${key}`;
      await ask(held.client)('set', place, 'a text');
    },
  });
}
