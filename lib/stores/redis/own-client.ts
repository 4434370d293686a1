import { createRequire } from 'node:module';
import { withinLimit } from '../../core/time-limit.js';
import {
  connectionOf,
  type IoredisClient,
  type NodeRedisClient,
  type RedisConnection,
} from './redis-clients.js';

/** Longest time that a command waits for a connection; shorter than the engine waits for a store. */
const WAIT_MS = 1000;
const LONGEST_PAUSE_MS = 200;

interface Events {
  on(event: 'ready', listener: () => void): unknown;
}

interface NodeRedisPackage {
  createClient(options: object): NodeRedisClient & Events & OwnNodeRedis;
}
interface OwnNodeRedis {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  unref(): void;
}

interface IoredisPackage {
  Redis: new (url: string, options: object) => IoredisClient & Events & OwnIoredis;
}
interface OwnIoredis {
  readonly status: string;
  disconnect(): void;
}

/** The packages that can be had, in the order in which they are tried. Each call fails where one is missing. */
export interface RedisPackages {
  readonly redis: () => unknown;
  readonly ioredis: () => unknown;
}

const INSTALLED: RedisPackages = {
  redis: () => createRequire(import.meta.url)('redis') as unknown,
  ioredis: () => createRequire(import.meta.url)('ioredis') as unknown,
};

/** A connection of the store's own. */
export interface OwnConnection extends RedisConnection {
  /** Ends it at once, whatever is under way. */
  close(): void;
}

interface Driver {
  readonly client: (NodeRedisClient | IoredisClient) & Events;
  readonly isReady: () => boolean;
  readonly close: () => void;
}

/**
 * Connects to a server by itself, and again whenever the connection is lost.
 *
 * @throws Error that says how to install a package, where there is none.
 */
export function connectTo(url: string, packages: RedisPackages = INSTALLED): OwnConnection {
  const { client, isReady, close } = makeDriver(url, packages);
  const connection = connectionOf(client)!;
  const waiting = new Set<() => void>();
  let reason: unknown;
  let isClosed = false;
  client.on('error', (error) => (reason = error));
  client.on('ready', () => {
    reason = undefined;
    // It was closed while it was connecting.
    if (isClosed) close();
    for (const proceed of waiting) proceed();
    waiting.clear();
  });
  return {
    isCluster: false,
    send: async (command, words, key) => {
      if (isClosed) throw new Error('The RedisSessionStore is closed.');
      // A command that the client keeps for later would be carried out long after its request was told that it failed.
      if (!isReady()) await untilReady(waiting, () => reason);
      return connection.send(command, words, key);
    },
    close: () => {
      isClosed = true;
      close();
    },
  };
}

async function untilReady(waiting: Set<() => void>, reason: () => unknown): Promise<void> {
  let proceed = (): void => undefined;
  const ready = new Promise<void>((resolve) => (proceed = resolve));
  waiting.add(proceed);
  const late = (): Error =>
    new Error('The RedisSessionStore has no connection to its server.', { cause: reason() });
  await withinLimit(ready, WAIT_MS, late).finally(() => waiting.delete(proceed));
}

function makeDriver(url: string, packages: RedisPackages): Driver {
  const redis = loaded(packages.redis) as NodeRedisPackage | null;
  if (redis !== null) return makeNodeRedis(url, redis);
  const ioredis = loaded(packages.ioredis) as IoredisPackage | null;
  if (ioredis !== null) return makeIoredis(url, ioredis);
  throw new Error(
    'The RedisSessionStore needs the package redis or ioredis for its option url. Install one with: npm install redis',
  );
}

/** A package that is there and fails is another matter than one that is not there. */
function loaded(load: () => unknown): unknown {
  try {
    return load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

const pause = (attempts: number): number => Math.min(50 * attempts, LONGEST_PAUSE_MS);

function makeNodeRedis(url: string, redis: NodeRedisPackage): Driver {
  let isClosing = false;
  const client = redis.createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (attempts: number) => (isClosing ? false : pause(attempts)) },
  });
  // It tries until it is closed, and what stands in its way is an event.
  client.connect().catch(() => undefined);
  return {
    client,
    isReady: () => client.isReady,
    close: () => {
      isClosing = true;
      // In the middle of connecting it would lose sight of its socket, which would then stay open.
      if (client.isReady) client.destroy();
      else client.unref();
    },
  };
}

function makeIoredis(url: string, { Redis }: IoredisPackage): Driver {
  const client = new Redis(url, {
    retryStrategy: pause,
    // What is sent just as the connection breaks waits for one attempt.
    maxRetriesPerRequest: 1,
    // A write whose answer was lost may have been carried out: sent again, a counter would count twice.
    autoResendUnfulfilledCommands: false,
  });
  return {
    client,
    isReady: () => client.status === 'ready',
    close: () => client.disconnect(),
  };
}
