import { findMariadb, findPostgres, findRedis } from './find-binaries.mjs';

/**
 * The servers that tests talk to: the variable that tells where one is, what finds its programs on this machine, the
 * Debian packages that bring them, and what starts one. Drivers are loaded with that last step, not before: the
 * packages are installed before there is a node_modules.
 */
export const ENGINES = [
  {
    name: 'redis',
    title: 'Redis',
    variable: 'TEST_REDIS_URL',
    find: findRedis,
    packages: ['redis-server'],
    start: async (options) => (await import('./redis.mjs')).startRedis(options),
  },
  {
    name: 'redis-cluster',
    title: 'Redis Cluster',
    variable: 'TEST_REDIS_CLUSTER_URL',
    find: findRedis,
    packages: ['redis-server'],
    start: async (options) => (await import('./redis-cluster.mjs')).startRedisCluster(options),
  },
  {
    name: 'postgres',
    title: 'PostgreSQL',
    variable: 'TEST_POSTGRES_URL',
    find: findPostgres,
    packages: ['postgresql'],
    start: async (options) => (await import('./postgres.mjs')).startPostgres(options),
  },
  {
    name: 'mariadb',
    title: 'MariaDB',
    variable: 'TEST_MYSQL_URL',
    find: findMariadb,
    packages: ['mariadb-server'],
    start: async (options) => (await import('./mariadb.mjs')).startMariadb(options),
  },
];

/** How to get the server of an engine, as one says it to a person. */
export const cureFor = ({ packages, variable }) =>
  `apt-get install ${packages.join(' ')} (NEST_SESSION_INSTALL=1 does it for root), or set ${variable}`;
