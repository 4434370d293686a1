import { createRequire } from 'node:module';
import { loadDriver } from '../../core/util/load-driver.js';
import type { PostgresEnd } from './postgres-client.js';
import type { PostgresQueryable } from './postgres-query.js';

/** What is used of a pool of the package `pg`. */
interface PostgresPool extends PostgresQueryable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

/** What is used of a connection of a pool. */
interface PooledClient {
  readonly connection?: { readonly stream?: { destroy?(): unknown } };
  once(event: 'end', listener: () => void): unknown;
}

type Config = Readonly<Record<string, unknown>>;

interface PgPackage {
  readonly Pool: new (config: Config) => PostgresPool;
  readonly Client: new (config: Config) => PooledClient;
}

/** A pool that a store has opened, and how it ends. */
export interface OwnPostgresPool extends Required<PostgresEnd> {
  readonly pool: PostgresQueryable;
}

/** A request waits no longer than this for a connection: then the store has failed, and the client learns it. */
const CONNECT_WITHIN_MS = 5000;

/**
 * Nor for an answer. The pool drops the connection then: one that fell silent, after a failover or behind a firewall that
 * has forgotten it, would be kept for a quarter of an hour, and ten of them are a pool that has none to give.
 */
const ANSWER_WITHIN_MS = 5000;

/** @throws Error that says how to install the package, where it is missing. */
export function openPool(url: string): OwnPostgresPool {
  const { Pool, Client } = loadDriver('PostgresSessionStore', {
    pg: () => createRequire(import.meta.url)('pg') as PgPackage,
  });
  // The pool itself can only end connections whose server answers.
  const clients = new Set<PooledClient>();
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    keepAlive: true,
    application_name: 'nest-session',
    Client: class extends Client {
      constructor(config: Config) {
        super(config);
        clients.add(this);
        this.once('end', () => clients.delete(this));
      }
    },
  });
  // A connection that breaks while nobody uses it is none of a request's business; unheard, it would end the process.
  pool.on('error', () => undefined);
  return {
    pool,
    close: () => pool.end(),
    destroy: () => clients.forEach((client) => void client.connection?.stream?.destroy?.()),
  };
}
