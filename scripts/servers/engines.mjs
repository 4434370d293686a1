import { findMariadb, findPostgres, findRedis } from './find-binaries.mjs';

/**
 * The servers that tests connect to. Each entry has the variable that holds the URL, a function that finds
 * the programs on this machine, the Debian packages that contain them, and a function that starts a server.
 * Only `start` loads a driver: CI installs the packages before node_modules exists.
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

/** Instructions for a person: how to install the server of an engine, or set its URL. */
export const cureFor = ({ packages, variable }) =>
  `apt-get install ${packages.join(' ')} (NEST_SESSION_INSTALL=1 does it for root), or set ${variable}`;
