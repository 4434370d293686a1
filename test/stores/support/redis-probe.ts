import {
  connectionOf,
  type RedisClient,
  type RedisConnection,
} from '../../../lib/stores/redis/redis-clients.js';

/** A command that a store sent. */
export interface Sent {
  readonly command: string;
  readonly words: readonly string[];
}

/** A client in front of another one, which keeps what is sent, and fails where it is told to. */
export interface Probe {
  readonly client: RedisClient;
  /** But for those that are sent again because the server did not know their script yet. */
  readonly sent: Sent[];
  /** Called with the number of each command, from 1 on, before it is sent; what it throws is the command's failure. */
  before: (count: number) => void | Promise<void>;
}

/** Looks like `ioredis` from outside, whatever it stands in front of. */
export function probe(inner: RedisClient): Probe {
  const connection = connectionOf(inner)!;
  const found: Probe = {
    sent: [],
    before: () => undefined,
    client: {
      isCluster: connection.isCluster,
      on: () => undefined,
      off: () => undefined,
      call: async (command, words) => {
        if (command !== 'eval') await found.before(found.sent.push({ command, words }));
        return connection.send(command, words, keyOf(command, words));
      },
    },
  };
  return found;
}

/** Asks Redis itself, past the store. */
export function ask(client: RedisClient) {
  const connection: RedisConnection = connectionOf(client)!;
  return (command: string, ...words: string[]): Promise<unknown> =>
    connection.send(command, words, keyOf(command, words));
}

const keyOf = (command: string, words: readonly string[]): string =>
  (/^eval/.test(command) ? words[2] : words[0]) ?? '';
