/**
 * Sessions in Redis or a compatible server, shared by any number of nodes.
 *
 * @module nest-session/redis
 */
export { RedisSessionStore } from './redis-session-store.js';
export type { RedisStoreOptions } from './redis-store-options.js';
export type {
  IoredisClient,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
  RedisClient,
} from './redis-clients.js';
