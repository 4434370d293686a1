import type { MysqlValue } from './mysql-values.js';

/** A pool or a connection of `mysql2/promise`. */
export interface MysqlPromiseClient {
  query(text: string, values?: MysqlValue[]): PromiseLike<unknown>;
  execute(text: string, values?: MysqlValue[]): PromiseLike<unknown>;
}

/** A pool or a connection of `mysql2`. */
export interface MysqlCallbackClient {
  promise(): MysqlPromiseClient;
}

/** What a store can be given to talk to MySQL or MariaDB. */
export type MysqlClient = MysqlPromiseClient | MysqlCallbackClient;
