import { createRequire } from 'node:module';
import { door } from '../lib/build.mjs';

const require = createRequire(import.meta.url);
const HOUR_MS = 3_600_000;

/** Memory stores. `put(id, data)` stores a session as the session layer of the store does. */
export const STORES = {
  'express-session': async () => {
    const { default: session } = await import('express-session');
    return expressLike(session, new session.MemoryStore());
  },
  memorystore: async () => {
    const { default: session } = await import('express-session');
    const MemoryStore = require('memorystore')(session);
    return expressLike(session, new MemoryStore({}));
  },
  '@fastify/session': async () => {
    const Session = require('@fastify/session/lib/session.js');
    const Store = require('@fastify/session/lib/store.js');
    const store = new Store();
    // All sessions share one request. Otherwise, the memory of their requests would be counted too.
    const request = { raw: { socket: {} }, protocol: 'http' };
    const signer = { sign: (id) => `${id}.${'x'.repeat(43)}` };
    const put = (id, data) => {
      const session = new Session(store, request, () => id, { path: '/', maxAge: HOUR_MS }, signer);
      Object.assign(session, data);
      store.set(id, session, () => {});
    };
    return { store, put };
  },
  'nest-session': async () => {
    const { MemorySessionStore } = await door('http');
    const { sessionKey } = await import(new URL('core/session-id.js', `file://${process.env.BENCH_BUILD}/`));
    const plenty = 2 ** 40;
    const store = new MemorySessionStore({ maxSessions: plenty, maxBytes: plenty });
    const put = (id, data, now = Date.now()) => {
      const attributes = new Map(Object.entries(data).map(([name, value]) => [name, JSON.stringify(value)]));
      const expiresAt = now + HOUR_MS;
      const record = { createdAt: now, touchedAt: now, expiresAt, principal: null, revision: 0, attributes };
      return store.create(sessionKey(id), record);
    };
    const sweep = () => store.deleteExpired(Date.now() + 2 * HOUR_MS, Infinity);
    return { store, put, sweep };
  },
};

function expressLike({ Cookie }, store) {
  const put = (id, data) => store.set(id, { cookie: new Cookie({ maxAge: HOUR_MS }), ...data });
  return { store, put };
}
