import { connectTo } from './own-client.js';
import { connectionOf, type RedisClient, type RedisConnection } from './redis-clients.js';
import type { CheckedOptions } from './redis-store-options.js';

/** The connection of a store, and a function that ends its use. */
export interface ClientUse {
  readonly connection: RedisConnection;
  readonly release: () => void;
}

/** Connects to the URL of the options, or uses the client in them. */
export const useServer = (server: CheckedOptions['server']): ClientUse =>
  'url' in server ? openUrl(server.url) : listenTo(server.client);

function openUrl(url: string): ClientUse {
  const connection = connectTo(url);
  return { connection, release: () => connection.close() };
}

/** Listens to `error` of the application's client, which would end the process. Never closes it. */
function listenTo(client: RedisClient): ClientUse {
  const ignore = (): void => undefined;
  client.on('error', ignore);
  return { connection: connectionOf(client)!, release: () => void client.off('error', ignore) };
}
