import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { waitAtMost } from '../../core/util/deadline.js';
import { loadDriver } from '../../core/util/load-driver.js';
import type { MysqlPromiseClient } from './mysql-values.js';
import { connectionsOf, type MysqlConnectionPool, type MysqlConnections } from './mysql-connections.js';

/** What is used of a pool of the package `mysql2`. */
interface MysqlPool extends MysqlPromiseClient, MysqlConnectionPool {
  end(): Promise<void>;
}

interface Mysql2Package {
  readonly createPool: (config: Readonly<Record<string, unknown>>) => MysqlPool;
}

/** What `mysql2` asks for a socket with. */
interface SocketOptions {
  readonly config: { readonly socketPath?: string; readonly host?: string; readonly port: number };
}

/** A request waits no longer than this for a connection: then the store has failed, and the client learns it. */
const CONNECT_WITHIN_MS = 4000;

/** How long a server may take to say goodbye. */
const END_WITHIN_MS = 500;

/** An idle line is looked after from then on. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/**
 * A pool of the store's own. It has its sockets in sight: a server that has fallen silent ends none of them.
 *
 * @throws Error that says how to install the package, where it is missing.
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
