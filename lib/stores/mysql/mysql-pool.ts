import { createRequire } from 'node:module';
import { loadDriver } from '../sql/load-driver.js';
import type { MysqlPromiseClient } from './mysql-client.js';

/** What is used of a pool of the package `mysql2`. */
export interface MysqlPool extends MysqlPromiseClient {
  end(): Promise<void>;
}

interface Mysql2Package {
  createPool(config: Readonly<Record<string, unknown>>): MysqlPool;
}

/** A request waits no longer than this for a connection: then the store has failed, and the client learns it. */
const CONNECT_WITHIN_MS = 5000;

/** @throws Error that says how to install the package, where it is missing. */
export function openPool(url: string): MysqlPool {
  const mysql2 = loadDriver<Mysql2Package>('MysqlSessionStore', 'mysql2', () =>
    createRequire(import.meta.url)('mysql2/promise'),
  );
  return mysql2.createPool({ uri: url, connectTimeout: CONNECT_WITHIN_MS });
}
