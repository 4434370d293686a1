/** Servers that one test starts, and may kill, pause and restart. Call `stop` in `afterAll`. */
export { startMariadb } from '../../scripts/servers/mariadb.mjs';
export { startPostgres } from '../../scripts/servers/postgres.mjs';
export { startRedisCluster, type OwnRedisCluster } from '../../scripts/servers/redis-cluster.mjs';
export { startRedis } from '../../scripts/servers/redis.mjs';
export type { OwnServer, ServerOptions } from '../../scripts/servers/server-process.mjs';
