/** Servers of a test's own, to be killed, paused and started again. `stop` them in `afterAll`. */
export { startMariadb } from '../../scripts/servers/mariadb.mjs';
export { startPostgres } from '../../scripts/servers/postgres.mjs';
export { startRedisCluster, type OwnRedisCluster } from '../../scripts/servers/redis-cluster.mjs';
export { startRedis } from '../../scripts/servers/redis.mjs';
export type { OwnServer, ServerOptions } from '../../scripts/servers/server-process.mjs';
