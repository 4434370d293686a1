import { createRequire } from 'node:module';
import { loadDriver } from '../../core/util/load-driver.js';
import type { PostgresEnd } from './postgres-client.js';
import type { LeaseConnection, ListenClient, ListenLease } from './postgres-listener.js';
import type { PostgresQueryable } from './postgres-query.js';

/** The part of a `pg` pool that is used. */
interface PostgresPool extends PostgresQueryable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

/** The part of a connection that is used. */
interface OneClient extends ListenClient {
  once(event: 'end', listener: () => void): unknown;
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
}

type Config = Readonly<Record<string, unknown>>;

interface PgPackage {
  readonly Pool: new (config: Config) => PostgresPool;
  readonly Client: new (config: Config) => OneClient;
}

/** A pool that a store has opened, with functions to close it. */
export interface OwnPostgresPool extends Required<PostgresEnd> {
  readonly pool: PostgresQueryable;
  /** Opens a connection beside the pool. */
  readonly lease: LeaseConnection;
}

/** Limit for a new connection. */
const CONNECT_WITHIN_MS = 5000;

/**
 * Limit for a result. The pool then removes the connection. Otherwise a connection that no longer responds,
 * after a failover or behind a firewall, would stay in the pool for about 15 minutes, and ten of them exhaust
 * the pool.
 */
const RESPOND_WITHIN_MS = 5000;

/**
 * Opens a pool for the store.
 *
 * @throws Error that contains the command to install the package, when it is missing.
 */
export function openPool(url: string): OwnPostgresPool {
  const { Pool, Client } = loadDriver('PostgresSessionStore', {
    pg: () => createRequire(import.meta.url)('pg') as PgPackage,
  });
  // The pool itself can close connections only when their server responds.
  const clients = new Set<OneClient>();
  class OwnClient extends Client {
    constructor(config: Config) {
      super(config);
      clients.add(this);
      this.once('end', () => clients.delete(this));
    }
  }
  const config: Config = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: RESPOND_WITHIN_MS,
    keepAlive: true,
    application_name: 'nest-session',
  };
  const pool = new Pool({ ...config, Client: OwnClient });
  // An idle connection that breaks affects no request. Without a listener its error would end the process.
  pool.on('error', () => undefined);
  return {
    pool,
    lease: () => leaseOf(new OwnClient(config)),
    close: () => pool.end(),
    destroy: () => clients.forEach((client) => void client.connection?.stream?.destroy?.()),
  };
}

async function leaseOf(client: OneClient): Promise<ListenLease> {
  client.on('error', () => undefined);
  await client.connect();
  return { client, release: () => client.end() };
}
