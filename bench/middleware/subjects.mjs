import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { door } from '../lib/build.mjs';
import { dataOf, SECRET, SIZES } from '../lib/sessions.mjs';

const HOUR_MS = 3_600_000;
const PLENTY = 2 ** 40;

/**
 * The session layers that are compared. Each returns a `middleware`, and `forget`, which empties its store.
 * `renewing` is set for W5: each response sets the cookie, and each request moves the expiry in the store.
 */
export const SUBJECTS = {
  none: async () => ({ middleware: (req, res, next) => next(), forget: () => {} }),

  'express-session': async ({ renewing }) => {
    const { default: session } = await import('express-session');
    return expressLike(session, renewing);
  },

  'cookie-session': async ({ renewing }) => {
    const { default: session } = await import('cookie-session');
    const middleware = session({ name: 'sid', keys: [SECRET], maxAge: renewing ? HOUR_MS : undefined });
    return { middleware, forget: () => {}, renew: (req) => (req.session.renewedAt = Date.now()) };
  },

  'iron-session': async () => {
    const { getIronSession } = await import('iron-session');
    const options = { password: SECRET, cookieName: 'sid', cookieOptions: { secure: false } };
    const middleware = (req, res, next) => {
      getIronSession(req, res, options).then((session) => {
        req.session = session;
        next();
      }, next);
    };
    const save = (req) => req.session.save();
    return { middleware, forget: () => {}, save, renew: save };
  },

  'nest-session/http': (options) => ours(options),
  'nest-session/http before': (options) => ours(options, process.env.BENCH_BUILD_BEFORE),

  'nest-session/express': async ({ renewing }) => {
    const { default: session } = await door('express');
    return expressLike(session, renewing);
  },
};

function expressLike(session, renewing) {
  const store = new session.MemoryStore();
  const cookie = renewing ? { maxAge: HOUR_MS } : {};
  const options = {
    secret: SECRET,
    store,
    resave: false,
    saveUninitialized: false,
    rolling: renewing,
    cookie,
  };
  const fill = (count) => {
    const filed = { cookie: new session.Cookie(), ...dataOf(SIZES.s) };
    for (let made = 0; made < count; made++) store.set(newId(), filed);
  };
  return { middleware: session(options), forget: promisify(store.clear.bind(store)), fill };
}

async function ours({ renewing }, build) {
  const { sessionMiddleware, MemorySessionStore } = await door('http', build);
  const store = new MemorySessionStore({ maxSessions: PLENTY, maxBytes: PLENTY });
  const cookie = renewing ? { maxAge: HOUR_MS } : {};
  const options = { secret: SECRET, store, rolling: renewing, resave: renewing, cookie, sweepEvery: false };
  const forget = () => store.deleteExpired(Infinity, Infinity);
  return { middleware: sessionMiddleware(options), store, forget, fill: (count) => fill(store, count) };
}

/** Adds sessions of other visitors to a store. */
async function fill(store, count) {
  const now = Date.now();
  const attributes = new Map(
    Object.entries(dataOf(SIZES.s)).map(([name, value]) => [name, JSON.stringify(value)]),
  );
  const instants = { createdAt: now, touchedAt: now, expiresAt: now + 24 * HOUR_MS };
  for (let made = 0; made < count; made++)
    await store.create(newId(), { ...instants, principal: null, revision: 0, attributes });
}

const newId = () => randomBytes(24).toString('base64url');
