/**
 * Sessions in MySQL or MariaDB, shared by all nodes, with one statement per operation.
 *
 * @module nest-session/mysql
 */
export { MysqlSessionStore, type MysqlStoreOptions } from './mysql-session-store.js';
export type { MysqlCallbackClient, MysqlClient, MysqlPromiseClient, MysqlValue } from './mysql-values.js';
