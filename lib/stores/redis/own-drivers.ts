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

/** Functions that load a package, in this order. Each throws when its package is missing. */
export interface RedisPackages {
  readonly redis: () => unknown;
  readonly ioredis: () => unknown;
}

/** The packages that are installed in the application. */
export const INSTALLED: RedisPackages = {
  redis: () => createRequire(import.meta.url)('redis') as unknown,
  ioredis: () => createRequire(import.meta.url)('ioredis') as unknown,
};

/** A client that connects, and reconnects when its connection is lost. */
export interface Driver {
  readonly client: (NodeRedisClient | IoredisClient) & Events;
  readonly isReady: () => boolean;
  /** Closes the connection immediately, also when the server does not respond. Pending commands fail. */
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
    // Its limit for commands that were not sent yet costs one timer per command. Here no command waits for a
    // connection, and the response watchdog limits the time of sent commands.
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
  // The client retries until it is closed, and emits the reason of each failure.
  client.on('error', () => undefined);
  client.connect().catch(() => undefined);
  return {
    client,
    isReady: () => client.isReady,
    close: () => {
      isClosing = true;
      // While the client connects, destroy() would miss the new socket, which would stay open.
      if (!hasSocket) client.unref();
      else if (client.isOpen) client.destroy();
    },
  };
}

function makeIoredis(url: string, { Redis }: IoredisPackage): Driver {
  const client = new Redis(url, {
    connectTimeout: CONNECT_WITHIN_MS,
    retryStrategy: pause,
    // Pending commands fail when the connection breaks. With 1, a reconnect that succeeds would leave them
    // pending.
    maxRetriesPerRequest: 0,
    // A write without a reply may have run. Sent again, a counter would count twice.
    autoResendUnfulfilledCommands: false,
  });
  return {
    client,
    isReady: () => client.status === 'ready',
    close: () => {
      client.disconnect();
      // Without this, the socket waits for the server to confirm the close.
      client.stream?.destroy();
    },
  };
}
