/**
 * Sessions in Redis or a server that speaks like it: for any number of machines.
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
