import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { waitAtMost } from '../../core/util/deadline.js';
import { loadDriver } from '../../core/util/load-driver.js';
import type { MysqlPromiseClient } from './mysql-values.js';
import { connectionsOf, type MysqlConnectionPool, type MysqlConnections } from './mysql-connections.js';

/** The part of a `mysql2` pool that is used. */
interface MysqlPool extends MysqlPromiseClient, MysqlConnectionPool {
  end(): Promise<void>;
}

interface Mysql2Package {
  readonly createPool: (config: Readonly<Record<string, unknown>>) => MysqlPool;
}

/** The argument of the `stream` option of `mysql2`. */
interface SocketOptions {
  readonly config: { readonly socketPath?: string; readonly host?: string; readonly port: number };
}

/** Limit for a new connection. */
const CONNECT_WITHIN_MS = 4000;

/** Limit for an orderly close of all connections. */
const END_WITHIN_MS = 500;

/** Idle time before TCP keep-alive probes start. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * Opens a pool for the store. It collects the sockets, to destroy them at the end: a server that does not
 * respond closes none.
 *
 * @throws Error that contains the command to install the package, when it is missing.
 */
export function openPool(url: string): MysqlConnections {
  const { createPool } = loadDriver('MysqlSessionStore', {
    mysql2: () => createRequire(import.meta.url)('mysql2/promise') as Mysql2Package,
  });
  const sockets = new Set<Socket>();
  const stream = (options: SocketOptions): Socket => {
    const socket = openSocket(options);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const pool = createPool({ uri: url, connectTimeout: CONNECT_WITHIN_MS, stream });
  return connectionsOf(pool, async () => {
    try {
      await waitAtMost(END_WITHIN_MS, pool.end());
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
}

function openSocket({ config: { socketPath, host, port } }: SocketOptions): Socket {
  const socket = socketPath ? connect(socketPath) : connect({ port, host });
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
}
