import { StoreError } from '../../core/util/store-error.js';
import { ioredisSubscriber, type MakeSubscriber, nodeRedisSubscriber } from './redis-subscriber.js';

/** Every client emits `error` when a connection is lost. Without a listener this ends the process. */
interface ErrorSource {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
}

/** The used part of a client or pool of the package `redis`. */
export interface NodeRedisClient extends ErrorSource {
  sendCommand(args: string[]): Promise<unknown>;
  readonly isOpen: boolean;
}

/** The used part of a cluster of the package `redis`. */
export interface NodeRedisCluster extends ErrorSource {
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>;
  readonly isOpen: boolean;
  readonly masters: unknown;
}

/** The used part of a sentinel of the package `redis`. */
export interface NodeRedisSentinel extends ErrorSource {
  sendCommand(isReadonly: boolean, args: string[]): Promise<unknown>;
  readonly isOpen: boolean;
  getSentinelNode(): unknown;
}

/** The used part of a `Redis` or `Cluster` of the packages `ioredis` and `iovalkey`. */
export interface IoredisClient extends ErrorSource {
  call(command: string, args: string[]): Promise<unknown>;
  readonly isCluster?: boolean;
}

/** A client of the application, recognized by its methods and not by its class. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel | IoredisClient;

/** One of the servers that hold keys. */
export interface RedisServer {
  /** Its address; empty where there is only one. */
  readonly name: string;
  readonly send: (command: string, args: readonly string[]) => Promise<unknown>;
  /** Opens a further connection to it, for notices. Only where the connection `canSubscribe`. */
  readonly subscriber?: MakeSubscriber;
}

/** Any client as a store uses it. */
export interface RedisConnection {
  /** Whether keys are on several servers, so that one command cannot use two arbitrary keys. */
  readonly isCluster: boolean;
  /** Sends one command to the server of the key. May also throw synchronously. */
  send(command: string, args: readonly string[], key: string): Promise<unknown>;
  /** All servers with keys: in a cluster the masters, once the client has connected. */
  servers(): readonly RedisServer[];
  /** What the client itself puts before each key: the option `keyPrefix` of ioredis. */
  readonly keyPrefix: string;
  /** Whether further connections can be opened. */
  readonly canSubscribe: boolean;
}

/** Wraps a client; `null` when its kind is unknown. */
export function connectionOf(client: unknown): RedisConnection | null {
  if (!isErrorSource(client)) return null;
  if (has(client, 'call')) return ofIoredis(client as IoredisClient);
  if (!has(client, 'sendCommand')) return null;
  if ('masters' in client) return ofNodeRedisCluster(client as NodeRedisCluster);
  if (has(client, 'getSentinelNode')) return ofNodeRedisSentinel(client as NodeRedisSentinel);
  return ofNodeRedis(client as NodeRedisClient);
}

function ofIoredis(client: IoredisClient): RedisConnection {
  const isCluster = client.isCluster === true;
  const { options, nodes } = client as IoredisParts;
  const send = (command: string, args: readonly string[]): Promise<unknown> =>
    client.call(command, [...args]);
  const subscriber: MakeSubscriber = (lost) => ioredisSubscriber(client, lost);
  return {
    isCluster,
    send,
    servers: () =>
      isCluster ? (nodes?.call(client, 'master') ?? []).map(ofIoredisNode) : [{ name: '', send, subscriber }],
    keyPrefix: typeof options?.keyPrefix === 'string' ? options.keyPrefix : '',
    canSubscribe: has(client, 'duplicate'),
  };
}

/** Further parts of a client of ioredis: `nodes` is that of a cluster. */
interface IoredisParts {
  readonly options?: { readonly keyPrefix?: unknown; readonly host?: string; readonly port?: number };
  readonly nodes?: (role: 'master') => readonly (IoredisClient & IoredisParts)[];
}

const ofIoredisNode = (node: IoredisClient & IoredisParts): RedisServer => ({
  name: `${node.options?.host}:${node.options?.port}`,
  send: (command, args) => node.call(command, [...args]),
  subscriber: (lost) => ioredisSubscriber(node, lost),
});

function ofNodeRedis(client: NodeRedisClient): RedisConnection {
  const send: RedisServer['send'] = (command, args) => openOf(client).sendCommand([command, ...args]);
  if (has(client, 'duplicate')) return ofOneServer(send, (lost) => nodeRedisSubscriber(client, lost));
  if (!has(client, 'execute')) return ofOneServer(send);
  return ofOneServer(send, async (lost) =>
    nodeRedisSubscriber(await (openOf(client) as unknown as NodeRedisPool).execute((one) => one), lost),
  );
}

/** Further parts of a pool of the package `redis`. */
interface NodeRedisPool {
  execute(use: (client: NodeRedisClient) => NodeRedisClient): Promise<NodeRedisClient>;
}

/** Never sends a command as a read: a replica with replication lag would return deleted sessions. */
function ofNodeRedisCluster(client: NodeRedisCluster): RedisConnection {
  return {
    isCluster: true,
    send: (command, args, key) => openOf(client).sendCommand(key, false, [command, ...args]),
    servers: () => nodesOf(openOf(client) as unknown as NodeRedisNodes),
    keyPrefix: '',
    canSubscribe: has(client, 'nodeClient'),
  };
}

function ofNodeRedisSentinel(client: NodeRedisSentinel): RedisConnection {
  const send: RedisServer['send'] = (command, args) => openOf(client).sendCommand(false, [command, ...args]);
  if (!has(client, '_execute')) return ofOneServer(send);
  return ofOneServer(send, async (lost) => {
    const sentinel = openOf(client) as unknown as NodeRedisMaster;
    return nodeRedisSubscriber(await sentinel._execute(false, (master) => master), lost);
  });
}

/** Further parts of a sentinel of the package `redis`, which has no public method for its master client. */
interface NodeRedisMaster {
  _execute(isReadonly: boolean, use: (master: NodeRedisClient) => NodeRedisClient): Promise<NodeRedisClient>;
}

/** Further parts of a cluster of the package `redis`. */
interface NodeRedisNodes {
  readonly masters: readonly { readonly address: string }[];
  nodeClient(node: object): PromiseLike<NodeRedisClient> | NodeRedisClient;
}

const nodesOf = (cluster: NodeRedisNodes): RedisServer[] =>
  cluster.masters.map((master) => ({
    name: master.address,
    send: async (command, args) => (await cluster.nodeClient(master)).sendCommand([command, ...args]),
    subscriber: async (lost) => nodeRedisSubscriber(await cluster.nodeClient(master), lost),
  }));

/** A connection to one server. */
function ofOneServer(send: RedisServer['send'], subscriber?: MakeSubscriber): RedisConnection {
  const server: RedisServer = { name: '', send, ...(subscriber && { subscriber }) };
  const canSubscribe = subscriber !== undefined;
  return { isCluster: false, send, servers: () => [server], keyPrefix: '', canSubscribe };
}

/** Does not connect the client: a later `connect()` of the application would then fail. */
function openOf<C extends { readonly isOpen: boolean }>(client: C): C {
  if (client.isOpen) return client;
  throw new StoreError(
    'The client of the RedisSessionStore is not connected. ' +
      'Call "await client.connect()" before the first request, or set the option url instead.',
  );
}

function isErrorSource(client: unknown): client is ErrorSource {
  return typeof client === 'object' && client !== null && has(client, 'on') && has(client, 'off');
}

const has = (client: object, method: string): boolean =>
  typeof (client as Record<string, unknown>)[method] === 'function';
