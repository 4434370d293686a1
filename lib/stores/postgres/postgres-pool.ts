import { createRequire } from 'node:module';
import { loadDriver } from '../sql/load-driver.js';
import type { PostgresQueryable } from './postgres-query.js';

/** What is used of a pool of the package `pg`. */
export interface PostgresPool extends PostgresQueryable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

interface PgPackage {
  readonly Pool: new (config: Readonly<Record<string, unknown>>) => PostgresPool;
}

/** A request waits no longer than this for a connection: then the store has failed, and the client learns it. */
const CONNECT_WITHIN_MS = 5000;

/** @throws Error that says how to install the package, where it is missing. */
export function openPool(url: string): PostgresPool {
  const { Pool } = loadDriver<PgPackage>('PostgresSessionStore', 'pg', () =>
    createRequire(import.meta.url)('pg'),
  );
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    keepAlive: true,
    application_name: 'nest-session',
  });
  // A connection that breaks while nobody uses it is none of a request's business; unheard, it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
