import { StoreError } from '../../core/util/store-error.js';

/** What all clients have: they tell of lost connections by an event, which ends the process where nobody listens. */
interface ErrorSource {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
}

/** A client or a pool of the package `redis`, described by what is used of it. */
export interface NodeRedisClient extends ErrorSource {
  sendCommand(words: string[]): Promise<unknown>;
  readonly isOpen: boolean;
}

/** A cluster of the package `redis`, described by what is used of it. */
export interface NodeRedisCluster extends ErrorSource {
  sendCommand(firstKey: string, isReadonly: boolean, words: string[]): Promise<unknown>;
  readonly isOpen: boolean;
  readonly masters: unknown;
}

/** A sentinel of the package `redis`, described by what is used of it. */
export interface NodeRedisSentinel extends ErrorSource {
  sendCommand(isReadonly: boolean, words: string[]): Promise<unknown>;
  readonly isOpen: boolean;
  getSentinelNode(): unknown;
}

/** A `Redis` or `Cluster` of the packages `ioredis` and `iovalkey`, described by what is used of it. */
export interface IoredisClient extends ErrorSource {
  call(command: string, words: string[]): Promise<unknown>;
  readonly isCluster?: boolean;
}

/** A client that an application has. It is recognised by its shape: the application may hold another copy of the package. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel | IoredisClient;

/** A client of any kind as the store uses it. */
export interface RedisConnection {
  /** Whether keys lie on several servers, so that no command can touch any two of them. */
  readonly isCluster: boolean;
  /** Sends one command to the server that has the key. May throw at once as well. */
  send(command: string, words: readonly string[], key: string): Promise<unknown>;
}

/** Any client as a connection; `null` where it is none that is known. */
export function connectionOf(client: unknown): RedisConnection | null {
  if (!isErrorSource(client)) return null;
  if (has(client, 'call')) return ofIoredis(client as IoredisClient);
  if (!has(client, 'sendCommand')) return null;
  if ('masters' in client) return ofNodeRedisCluster(client as NodeRedisCluster);
  if (has(client, 'getSentinelNode')) return ofNodeRedisSentinel(client as NodeRedisSentinel);
  return ofNodeRedis(client as NodeRedisClient);
}

function ofIoredis(client: IoredisClient): RedisConnection {
  return {
    isCluster: client.isCluster === true,
    send: (command, words) => client.call(command, [...words]),
  };
}

function ofNodeRedis(client: NodeRedisClient): RedisConnection {
  return {
    isCluster: false,
    send: (command, words) => openOf(client).sendCommand([command, ...words]),
  };
}

/** Never as a read: a copy that lags behind would bring an ended session back for a moment. */
function ofNodeRedisCluster(client: NodeRedisCluster): RedisConnection {
  return {
    isCluster: true,
    send: (command, words, key) => openOf(client).sendCommand(key, false, [command, ...words]),
  };
}

function ofNodeRedisSentinel(client: NodeRedisSentinel): RedisConnection {
  return {
    isCluster: false,
    send: (command, words) => openOf(client).sendCommand(false, [command, ...words]),
  };
}

/** It is not connected here: an application that does so itself, later, would then get an error. */
function openOf<C extends { readonly isOpen: boolean }>(client: C): C {
  if (client.isOpen) return client;
  throw new StoreError(
    'The client of the RedisSessionStore is not connected. Call "await client.connect()" before the first request, or give the store the option url instead.',
  );
}

function isErrorSource(client: unknown): client is ErrorSource {
  return typeof client === 'object' && client !== null && has(client, 'on') && has(client, 'off');
}

const has = (client: object, method: string): boolean =>
  typeof (client as Record<string, unknown>)[method] === 'function';
