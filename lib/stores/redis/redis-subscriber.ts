/** A connection of its own for the texts of one channel. It never reconnects. */
export interface RedisSubscriber {
  /** Connects and subscribes. */
  open(channel: string, receive: (text: string) => void): Promise<unknown>;
  ping(): Promise<unknown>;
  /** Closes the connection immediately, also while it is opened. */
  close(): void;
}

/** Opens no connection yet. `lost` is called when the connection ends, never synchronously. */
export type MakeSubscriber = (lost: () => void) => RedisSubscriber | Promise<RedisSubscriber>;

const ignore = (): void => undefined;
const never = (): null => null;

/** A `Redis` of ioredis or iovalkey: also one that is a node of a cluster. */
interface DuplicableIoredis {
  duplicate(options: object): {
    on(event: 'error' | 'end' | 'message', listener: (channel: string, text: string) => void): unknown;
    connect(): Promise<unknown>;
    subscribe(channel: string): Promise<unknown>;
    ping(): Promise<unknown>;
    disconnect(): void;
    readonly stream?: { destroy(): void } | null;
  };
}

/** Subscribes by a copy of a client of ioredis. */
export function ioredisSubscriber(client: object, lost: () => void): RedisSubscriber {
  const copy = (client as DuplicableIoredis).duplicate({
    lazyConnect: true,
    retryStrategy: never,
    sentinelRetryStrategy: never,
    reconnectOnError: null,
  });
  copy.on('error', ignore);
  copy.on('end', lost);
  return {
    open: async (channel, receive) => {
      copy.on('message', (_, text) => receive(text));
      await copy.connect();
      await copy.subscribe(channel);
    },
    ping: () => copy.ping(),
    close: () => {
      copy.disconnect();
      // Without this, the socket waits for the server to confirm the close.
      copy.stream?.destroy();
    },
  };
}

/** A client of the package `redis`. */
interface DuplicableNodeRedis {
  readonly options?: { readonly socket?: object };
  duplicate(options: object): {
    on(event: 'error' | 'end' | 'connect', listener: () => void): unknown;
    connect(): Promise<unknown>;
    subscribe(channel: string, listener: (text: string) => void): Promise<unknown>;
    ping(): Promise<unknown>;
    destroy(): void;
    unref(): void;
    readonly isOpen: boolean;
  };
}

/** Subscribes by a copy of a client of the package `redis`. */
export function nodeRedisSubscriber(client: object, lost: () => void): RedisSubscriber {
  const { options } = client as DuplicableNodeRedis;
  const socket = { ...options?.socket, reconnectStrategy: false };
  const copy = (client as DuplicableNodeRedis).duplicate({ socket });
  let [isClosing, hasSocket] = [false, false];
  copy.on('connect', () => {
    hasSocket = true;
    if (isClosing) copy.destroy();
  });
  // A client that does not reconnect emits only `error` when its connection is lost.
  copy.on('error', lost);
  copy.on('end', lost);
  return {
    open: async (channel, receive) => {
      await copy.connect();
      await copy.subscribe(channel, (text) => receive(text));
    },
    ping: () => copy.ping(),
    close: () => {
      isClosing = true;
      // While the client connects, destroy() would miss the new socket, which would stay open.
      if (!hasSocket) copy.unref();
      else if (copy.isOpen) copy.destroy();
    },
  };
}
