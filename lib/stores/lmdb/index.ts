/**
 * Sessions in an embedded database: one machine, several processes, nothing lost at a restart.
 *
 * @module nest-session/lmdb
 */
export { LmdbSessionStore, type LmdbStoreOptions } from './lmdb-session-store.js';
