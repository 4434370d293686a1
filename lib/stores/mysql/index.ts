/**
 * Sessions in MySQL or MariaDB: shared by all nodes, one statement for each operation.
 *
 * @module nest-session/mysql
 */
export { MysqlSessionStore, type MysqlStoreOptions } from './mysql-session-store.js';
export type { MysqlCallbackClient, MysqlClient, MysqlPromiseClient } from './mysql-values.js';
export type { MysqlValue } from './mysql-values.js';
