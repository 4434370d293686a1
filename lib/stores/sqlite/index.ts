/**
 * Sessions in a file of SQLite, shared by several processes of one machine.
 *
 * @module nest-session/sqlite
 */
export { SqliteSessionStore, type SqliteStoreOptions } from './sqlite-session-store.js';
export type { SqliteDatabase, SqliteStatement } from './sqlite-client.js';
