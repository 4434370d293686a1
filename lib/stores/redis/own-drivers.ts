import { createRequire } from 'node:module';
import type { IoredisClient, NodeRedisClient } from './redis-clients.js';
import { loadDriver } from '../../core/util/load-driver.js';

const CONNECT_WITHIN_MS = 2000;
const LONGEST_PAUSE_MS = 200;

interface Events {
  on(event: 'connect' | 'ready', listener: () => void): unknown;
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
  readonly stream?: { destroy(): void } | null;
  disconnect(): void;
}

/** The packages that can be had, in the order in which they are tried. Each call fails where one is missing. */
export interface RedisPackages {
  readonly redis: () => unknown;
  readonly ioredis: () => unknown;
}

/** The packages of the application. */
export const INSTALLED: RedisPackages = {
  redis: () => createRequire(import.meta.url)('redis') as unknown,
  ioredis: () => createRequire(import.meta.url)('ioredis') as unknown,
};

/** A client that connects by itself, and again whenever it is told that its connection is lost. */
export interface Driver {
  readonly client: (NodeRedisClient | IoredisClient) & Events;
  readonly isReady: () => boolean;
  /** Ends its connection at once, also one that says nothing, and what is under way on it. */
  readonly close: () => void;
}

/**
 * Loads the first package that is installed. The result makes a driver for a URL.
 *
 * @throws Error that contains the command to install a package, when none is installed.
 */
export function loadRedisDriver({ redis, ioredis }: RedisPackages): (url: string) => Driver {
  return loadDriver('RedisSessionStore', {
    redis: () => {
      const loaded = redis() as NodeRedisPackage;
      return (url: string) => makeNodeRedis(url, loaded);
    },
    ioredis: () => {
      const loaded = ioredis() as IoredisPackage;
      return (url: string) => makeIoredis(url, loaded);
    },
  });
}

const pause = (attempts: number): number => Math.min(50 * attempts, LONGEST_PAUSE_MS);

function makeNodeRedis(url: string, redis: NodeRedisPackage): Driver {
  let [isClosing, hasSocket] = [false, false];
  const client = redis.createClient({
    url,
    disableOfflineQueue: true,
    // Its limit for what was not written yet costs each command a timer. Nothing waits here for a connection, and what was
    // written the silence watch looks after.
    commandOptions: { timeout: undefined },
    socket: {
      connectTimeout: CONNECT_WITHIN_MS,
      reconnectStrategy: (attempts: number) => {
        hasSocket = false;
        return isClosing ? false : pause(attempts);
      },
    },
  });
  client.on('connect', () => {
    hasSocket = true;
    if (isClosing) client.destroy();
  });
  // It tries until it is closed, and what stands in its way is an event.
  client.on('error', () => undefined);
  client.connect().catch(() => undefined);
  return {
    client,
    isReady: () => client.isReady,
    close: () => {
      isClosing = true;
      // While it has none it would lose sight of the socket that it is about to get, which would then stay open.
      if (!hasSocket) client.unref();
      else if (client.isOpen) client.destroy();
    },
  };
}

function makeIoredis(url: string, { Redis }: IoredisPackage): Driver {
  const client = new Redis(url, {
    connectTimeout: CONNECT_WITHIN_MS,
    retryStrategy: pause,
    // What is under way as the connection breaks fails at once: with one attempt, which succeeds, it would never be answered.
    maxRetriesPerRequest: 0,
    // A write whose answer was lost may have been carried out: sent again, a counter would count twice.
    autoResendUnfulfilledCommands: false,
  });
  return {
    client,
    isReady: () => client.status === 'ready',
    close: () => {
      client.disconnect();
      // It would wait for the other end to agree.
      client.stream?.destroy();
    },
  };
}
