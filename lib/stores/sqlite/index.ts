/**
 * Sessions in a file of SQLite: one machine, several processes, nothing lost at a restart.
 *
 * @module nest-session/sqlite
 */
export { SqliteSessionStore, type SqliteStoreOptions } from './sqlite-session-store.js';
export type { SqliteDatabase, SqliteStatement } from './sqlite-client.js';
