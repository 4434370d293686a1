import { databaseOf } from '../backends/databases.mjs';
import { startMemcached } from '../backends/memcached.mjs';

/** Stores on servers that Debian has. */
export const ON_SERVERS = [
  {
    name: 'connect-redis',
    set: 'ci',
    backend: 'Redis',
    server: 'redis',
    requiresSession: true,
    mind: 'Takes node-redis; ioredis no longer since 9. Version 10 needs Node 22.',
    make: async ({ require, scope }) => {
      const { RedisStore } = require('connect-redis');
      const client = require('redis').createClient({
        url: process.env.TEST_REDIS_URL,
      });
      await client.connect();
      return new RedisStore({ client, prefix: `${scope}:` });
    },
  },
  {
    name: 'express-sessions',
    set: 'all',
    backend: 'Redis',
    server: 'redis',
    mind: 'Brings its own express 2. Its branch for MongoDB was not run.',
    make: ({ require, scope }) => {
      const SessionStore = require('express-sessions');
      const { port, hostname: host } = new URL(process.env.TEST_REDIS_URL);
      return new SessionStore({
        storage: 'redis',
        host,
        port: Number(port),
        collection: scope,
      });
    },
  },
  {
    name: 'connect-pg-simple',
    set: 'ci',
    backend: 'PostgreSQL',
    server: 'postgres',
    make: async ({ session, require, scope }) => {
      const PgStore = require('connect-pg-simple')(session);
      const conString = await databaseOf('postgres', scope);
      return new PgStore({ conString, createTableIfMissing: true });
    },
  },
  {
    name: 'connect-session-knex',
    set: 'ci',
    backend: 'PostgreSQL',
    server: 'postgres',
    requiresSession: true,
    make: async ({ require, scope }) => {
      const { ConnectSessionKnexStore } = require('connect-session-knex');
      const knex = require('knex')({
        client: 'pg',
        connection: await databaseOf('postgres', scope),
      });
      return new ConnectSessionKnexStore({ knex, createTable: true });
    },
  },
  {
    name: 'connect-session-sequelize',
    set: 'ci',
    backend: 'PostgreSQL',
    server: 'postgres',
    mind: 'Its ids are at most 36 characters long. Version 8 needs Node 22.',
    make: async ({ session, require, scope }) => {
      const SequelizeStore = require('connect-session-sequelize')(session.Store);
      const { Sequelize } = require('sequelize');
      const db = new Sequelize(await databaseOf('postgres', scope), {
        logging: false,
      });
      const store = new SequelizeStore({ db });
      await store.sync();
      return store;
    },
  },
  {
    name: 'express-mysql-session',
    set: 'ci',
    backend: 'MariaDB',
    server: 'mariadb',
    make: async ({ session, require, scope }) => {
      const MySqlStore = require('express-mysql-session')(session);
      const {
        hostname: host,
        port,
        username: user,
        password,
        pathname,
      } = new URL(await databaseOf('mysql', scope));
      const store = new MySqlStore({
        host,
        port: Number(port),
        user,
        password,
        database: pathname.slice(1),
      });
      await store.onReady();
      return store;
    },
  },
  {
    name: 'connect-memcached',
    set: 'all',
    backend: 'memcached',
    server: 'memcached',
    make: async ({ session, require, scope }) => {
      const MemcachedStore = require('connect-memcached')(session);
      return new MemcachedStore({
        hosts: await startMemcached(),
        prefix: `${scope}:`,
      });
    },
  },
  {
    name: 'connect-memjs',
    set: 'all',
    backend: 'memcached',
    server: 'memcached',
    make: async ({ session, require, scope }) => {
      const MemjsStore = require('connect-memjs')(session);
      return new MemjsStore({
        servers: [await startMemcached()],
        prefix: `${scope}:`,
      });
    },
  },
];
