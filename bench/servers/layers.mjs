import { createRequire } from 'node:module';
import { door } from '../lib/build.mjs';
import { SECRET } from '../lib/sessions.mjs';

const require = createRequire(import.meta.url);
const PLENTY = 2 ** 40;

/** Session layers of a Nest application: `imports` and `mount` add the layer, `forget` empties its store. */
export const LAYERS = {
  none: async () => ({}),

  'express-session': async () => {
    const { default: session } = await import('express-session');
    const store = new session.MemoryStore();
    const options = { secret: SECRET, store, resave: false, saveUninitialized: false };
    return { mount: (app) => app.use(session(options)), forget: () => store.clear() };
  },

  '@fastify/session': async () => {
    const { default: cookie } = await import('@fastify/cookie');
    const { default: session } = await import('@fastify/session');
    const Store = require('@fastify/session/lib/store.js');
    const store = new Store();
    const options = {
      secret: SECRET,
      store,
      saveUninitialized: false,
      rolling: false,
      cookie: { secure: false },
    };
    const mount = async (app) => {
      await app.register(cookie);
      await app.register(session, options);
    };
    return { mount, forget: () => store.store.clear() };
  },

  'nest-session': async () => {
    const { SessionModule, MemorySessionStore } = await door('.');
    const store = new MemorySessionStore({ maxSessions: PLENTY, maxBytes: PLENTY });
    const imports = [SessionModule.forRoot({ secret: SECRET, store, sweepEvery: false })];
    return { imports, forget: () => store.deleteExpired(Infinity, Infinity) };
  },
};
