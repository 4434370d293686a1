/** Stores that keep sessions in the memory of the process. */
export const IN_MEMORY = [
  {
    name: 'memorystore',
    set: 'ci',
    backend: 'memory',
    make: ({ session, require }) => {
      const MemoryStore = require('memorystore')(session);
      return new MemoryStore({ checkPeriod: 60_000 });
    },
  },
  {
    name: 'express-session-cache-manager',
    set: 'all',
    backend: 'cache-manager',
    requiresSession: true,
    mind: 'Works with cache-manager 2; with newer ones its calls are not answered.',
    make: ({ require }) => {
      const { default: CacheStore } = require('express-session-cache-manager');
      return new CacheStore(
        require('cache-manager').caching({
          store: 'memory',
          max: 1000,
          ttl: 60,
        }),
      );
    },
  },
  {
    name: 'cluster-store',
    set: 'ci',
    backend: 'memory',
    mind: 'Needs an inner store (`store`): its own one has no `on`, and cannot be cleared.',
    make: ({ session, require }) =>
      require('cluster-store').create({
        name: 'sessions',
        store: new session.MemoryStore(),
      }),
  },
  {
    name: 'sessionstore',
    set: 'ci',
    backend: 'memory',
    requiresSession: true,
    express4: true,
    alias: {
      express: 'express4',
      'express/package.json': 'express4/package.json',
    },
    mind: 'Refuses express 5: run with express 4.',
    make: ({ require }) => require('sessionstore').createSessionStore(),
  },
];
