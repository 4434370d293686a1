/**
 * Sessions in PostgreSQL, shared by all nodes, with one statement per operation.
 *
 * @module nest-session/postgres
 */
export { PostgresSessionStore, type PostgresStoreOptions } from './postgres-session-store.js';
export type { PostgresClient, PostgresQuery, PostgresQueryable } from './postgres-query.js';
