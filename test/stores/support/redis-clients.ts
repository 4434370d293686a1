import { randomUUID } from 'node:crypto';
import * as ioredis6 from 'ioredis';
import * as ioredis5 from 'ioredis5';
import * as iovalkey from 'iovalkey';
import * as redis6 from 'redis';
import * as redis5 from 'redis5';
import type { RedisClient } from 'nest-session/redis';

/** A client as in an application, and a function that closes it. */
export interface TestClient {
  readonly client: RedisClient;
  readonly close: () => Promise<unknown>;
}

/** A prefix for the keys of one test, so that tests can share a server. */
export const newPrefix = (): string => `test-${randomUUID()}:`;

/**
 * Each package with functions that connect to one server, to a cluster, and to a server behind a sentinel.
 */
export const FAMILIES = [
  [
    'redis 6',
    nodeFamily({
      single: (url) => redis6.createClient({ url, socket: { reconnectStrategy: 50 } }),
      cluster: (url) => redis6.createCluster({ rootNodes: [{ url }] }),
      sentinel: (port, name) =>
        redis6.createSentinel({ name, sentinelRootNodes: [{ host: '127.0.0.1', port }] }),
    }),
  ],
  [
    'redis 5',
    nodeFamily({
      single: (url) => redis5.createClient({ url, socket: { reconnectStrategy: 50 } }),
      cluster: (url) => redis5.createCluster({ rootNodes: [{ url }] }),
      sentinel: (port, name) =>
        redis5.createSentinel({ name, sentinelRootNodes: [{ host: '127.0.0.1', port }] }),
    }),
  ],
  ['ioredis 6', ioFamily(ioredis6.Redis, ioredis6.Cluster)],
  ['ioredis 5', ioFamily(ioredis5.Redis, ioredis5.Cluster)],
  ['iovalkey', ioFamily(iovalkey.Redis, iovalkey.Cluster)],
] as const;

type NodeRedis = RedisClient & { connect(): Promise<unknown>; close(): Promise<unknown> };

interface NodeMakers {
  readonly single: (url: string) => NodeRedis;
  readonly cluster: (url: string) => NodeRedis;
  readonly sentinel: (port: number, name: string) => NodeRedis;
}

function nodeFamily({ single, cluster, sentinel }: NodeMakers) {
  const connected = async (client: NodeRedis): Promise<TestClient> => {
    client.on('error', () => undefined);
    await client.connect();
    return { client, close: () => client.close() };
  };
  return {
    single: (url: string) => connected(single(url)),
    cluster: (url: string) => connected(cluster(url)),
    sentinel: (port: number, name: string) => connected(sentinel(port, name)),
  };
}

interface IoRedis {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
  call(command: string, words: string[]): Promise<unknown>;
  quit(): Promise<unknown>;
}

function ioFamily(
  Redis: new (options: object) => IoRedis,
  Cluster: new (nodes: { host: string; port: number }[]) => IoRedis,
) {
  const held = (client: IoRedis): TestClient => {
    client.on('error', () => undefined);
    return { client, close: () => client.quit() };
  };
  return {
    single: async (url: string): Promise<TestClient> => {
      const { hostname, port, pathname } = new URL(url);
      return held(new Redis({ host: hostname, port: Number(port), db: Number(pathname.slice(1)) }));
    },
    cluster: async (url: string): Promise<TestClient> => {
      const { hostname, port } = new URL(url);
      return held(new Cluster([{ host: hostname, port: Number(port) }]));
    },
    sentinel: async (port: number, name: string): Promise<TestClient> =>
      held(new Redis({ sentinels: [{ host: '127.0.0.1', port }], name })),
  };
}
