import {
  connectionOf,
  type RedisClient,
  type RedisConnection,
  type RedisServer,
} from '../../../lib/stores/redis/redis-clients.js';

/** A command that a store sent. */
export interface Sent {
  readonly command: string;
  readonly words: readonly string[];
}

/** Wraps a client, records its commands, and can make them fail. */
export interface Probe {
  readonly client: RedisClient;
  /** All commands, except those that are sent again because the server had not cached their script. */
  readonly sent: Sent[];
  /**
   * Called before each command with its number, from 1 on. When it throws, the command fails with that error.
   */
  before: (count: number) => void | Promise<void>;
}

/** Has the methods of `ioredis`, for any wrapped client. */
export function probe(inner: RedisClient): Probe {
  const connection = connectionOf(inner)!;
  const client = {
    isCluster: connection.isCluster,
    nodes: () => connection.servers().map(nodeOf),
    on: () => undefined,
    off: () => undefined,
    call: async (command: string, words: string[]) => {
      if (command !== 'eval') await found.before(found.sent.push({ command, words }));
      return connection.send(command, words, keyOf(command, words));
    },
  };
  const found: Probe = { sent: [], before: () => undefined, client };
  return found;
}

/** A server as a cluster of `ioredis` returns it. */
function nodeOf({ name, send }: RedisServer) {
  const [host, port] = name.split(':');
  return { options: { host, port }, call: (command: string, words: string[]) => send(command, words) };
}

/** Sends commands to Redis without the store. */
export function ask(client: RedisClient) {
  const connection: RedisConnection = connectionOf(client)!;
  return (command: string, ...words: string[]): Promise<unknown> =>
    connection.send(command, words, keyOf(command, words));
}

const keyOf = (command: string, words: readonly string[]): string =>
  (/^eval/.test(command) ? words[2] : words[0]) ?? '';
