/**
 * Sessions in an embedded database: one machine, several processes, and no data loss at a restart.
 *
 * @module nest-session/lmdb
 */
export type { LmdbStoreOptions } from './lmdb-options.js';
export { LmdbSessionStore } from './lmdb-session-store.js';
