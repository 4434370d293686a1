import { mapStore } from '../stores.mjs';
import { createHmac } from 'node:crypto';
import { SECRET } from '../play.mjs';
import { group, holding, KNOWN_ID, memory, text } from './common.mjs';

const signature = createHmac('sha256', SECRET).update(KNOWN_ID).digest('base64').replace(/=+$/, '');
const cookie = () => `connect.sid=${encodeURIComponent(`s:${KNOWN_ID}.${signature}`)}`;
const plainCookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
const known = holding({ cookie: plainCookie, n: 1 });

const routes = {
  '/save': (req, res, { note }) => {
    req.session.n = 2;
    req.session.save((error) => {
      note('saved', error);
      text(res, 'told');
    });
  },
  '/destroy': (req, res, { note }) =>
    req.session.destroy((error) => {
      note('destroyed', error);
      text(res, 'told');
    }),
  '/regenerate': (req, res, { note }) =>
    req.session.regenerate((error) => {
      note('regenerated', error, req.session.id === req.sessionID);
      text(res, 'told');
    }),
  '/reload': (req, res, { note }) =>
    req.session.reload((error) => {
      note('reloaded', error);
      text(res, 'told');
    }),
  '/null': (req, res) => {
    req.session = null;
    text(res, 'null');
  },
  '/stream': (req, res) => {
    req.session.n = 3;
    res.write('one ');
    setTimeout(() => res.end('two'), 5);
  },
  '/bigint': (req, res) => {
    req.session.big = 1n;
    text(res, 'big');
  },
  '/cycle': (req, res) => {
    req.session.self = { session: req.session };
    text(res, 'cycle');
  },
  '/object': (req, res) => {
    req.session = {};
    text(res, 'object');
  },
  '/string': (req, res) => {
    req.session = 'text';
    text(res, 'string');
  },
};

const FAULTS = ['error', 'text', 'atOnce', 'enoent', 'throws'];

/** The routes that call each store method. */
const ASKED_BY = {
  get: ['/read'],
  set: ['/set', '/save', '/stream'],
  touch: ['/read'],
  destroy: ['/destroy', '/regenerate', '/null'],
};

const faulty = Object.entries(ASKED_BY).flatMap(([method, paths]) =>
  FAULTS.flatMap((fault) =>
    paths.flatMap((path) => {
      const spec = {
        routes,
        options: { unset: path === '/null' ? 'destroy' : 'keep' },
        faults: { [method]: fault },
        patience: 300,
      };
      const ofKnown = {
        title: `${method} ${fault}, ${path}, known`,
        on: 'express',
        store: known,
        requests: [{ path, cookie }],
        ...spec,
      };
      const ofNew = { title: `${method} ${fault}, ${path}, new`, requests: [path], ...spec, on: 'http' };
      return method === 'set' || method === 'destroy' ? [ofKnown, ofNew] : [ofKnown];
    }),
  ),
);

const corrupt = {
  'not JSON': '{"cookie":',
  null: 'null',
  'a number': '5',
  'a string': '"text"',
  'an empty object': '{}',
  'no cookie': { n: 1 },
  'cookie null': { cookie: null },
  'cookie a string': { cookie: 'x' },
  'cookie empty': { cookie: {} },
  'expires no date': { cookie: { ...plainCookie, expires: 'never' } },
  'expires a number': { cookie: { ...plainCookie, expires: Date.UTC(2032, 0, 1), originalMaxAge: 1000 } },
  'expires a text': {
    cookie: { ...plainCookie, expires: '2031-01-01T00:01:00.000Z', originalMaxAge: 60_000 },
  },
  'maxAge a string': { cookie: { ...plainCookie, originalMaxAge: '60' } },
  'secure cookie': { cookie: { ...plainCookie, secure: true } },
  'unknown attributes': { cookie: { ...plainCookie, colour: 'red' } },
  'reserved names': { cookie: plainCookie, id: 'x', save: 1, req: {}, touch: 'y', toString: 'z' },
  __proto__: `{"cookie":${JSON.stringify(plainCookie)},"__proto__":{"admin":true}}`,
  'a name of cookie inside': { cookie: plainCookie, inner: { cookie: 1 } },
};

export const failures = [
  ...group('store fails', [
    ...faulty,
    {
      title: 'a failed save is tried again',
      routes,
      faults: { set: ['error'] },
      requests: ['/save', '/read'],
    },
    {
      title: 'set answers an error text at the end of a redirect',
      routes: {
        '*': (req, res) => {
          req.session.n = 1;
          res.statusCode = 302;
          res.setHeader('Location', '/');
          res.end();
        },
      },
      faults: { set: 'error' },
      requests: ['/x'],
    },
    {
      title: 'resave and set error',
      options: { resave: true },
      store: known,
      faults: { set: 'error' },
      requests: [{ path: '/read', cookie }],
    },
  ]),
  ...group('corrupt records', [
    ...Object.entries(corrupt).map(([title, record]) => ({
      title,
      store: holding(record),
      requests: ['/read', '/set'].map((path) => ({ path, cookie })),
      patience: 300,
    })),
    {
      title: 'in MemoryStore',
      store: (side) => {
        const store = memory(side);
        store.sessions[KNOWN_ID] = '{"n":1}';
        return store;
      },
      requests: [{ path: '/read', cookie }],
    },
  ]),
  ...group('what JSON cannot take', [
    ...['/bigint', '/cycle'].flatMap((path) => [
      { title: `${path.slice(1)}, new`, routes, requests: [path, '/read'], patience: 300 },
      {
        title: `${path.slice(1)}, known`,
        routes,
        store: known,
        requests: [
          { path, cookie },
          { path: '/read', cookie },
        ],
        patience: 300,
      },
    ]),
    ...['/object', '/string'].map((path) => ({
      title: `req.session = ${path.slice(1)}`,
      routes,
      requests: [path],
      patience: 300,
    })),
  ]),
  ...group('store events', [
    {
      title: 'disconnect',
      requests: [
        '/set',
        ({ store }) => void store.emit('disconnect'),
        '/read',
        ({ store }) => void store.emit('connect'),
        '/read',
      ],
    },
    {
      title: 'two disconnects, one connect',
      requests: [
        ({ store }) => {
          store.emit('disconnect');
          store.emit('disconnect');
          store.emit('connect');
        },
        '/set',
      ],
    },
    {
      title: 'disconnect while a request is under way',
      routes: {
        '/x': (req, res, { store }) => {
          store.emit('disconnect');
          req.session.n = 1;
          text(res, 'x');
        },
      },
      requests: ['/x', '/read'],
    },
  ]),
  ...group('several', [
    { title: 'the middleware twice', sessions: [() => ({}), () => ({})], requests: ['/set', '/set'] },
    {
      title: 'two on one store',
      sessions: [
        () => ({ name: 'first', genid: () => 'by-the-first', cookie: { path: '/one' } }),
        () => ({ name: 'second', genid: () => 'by-the-second', cookie: { path: '/two' } }),
      ],
      routes: {
        '*': (req, res) => {
          req.session.n = 1;
          text(res, req.sessionID);
        },
      },
      requests: ['/one', '/two'],
    },
    {
      title: 'eleven on one store',
      sessions: Array.from({ length: 11 }, () => () => ({})),
      requests: ['/set'],
    },
    {
      title: 'a store without on',
      store: ({ Store }) => {
        const store = mapStore(Store);
        store.on = undefined;
        return store;
      },
      requests: ['/set', '/set'],
    },
    { title: 'an empty object for a store', store: () => ({}), requests: ['/set'] },
    {
      title: 'a session set before',
      before: [
        () => (req, res, next) => {
          req.session = { mine: true };
          next();
        },
      ],
      requests: ['/read'],
    },
    {
      title: 'null set before',
      before: [
        () => (req, res, next) => {
          req.session = null;
          next();
        },
      ],
      requests: ['/read'],
    },
    {
      title: 'createSession, load and regenerate of the store',
      routes: {
        '/x': (req, res, { store, note }) =>
          store.load(req.sessionID, (error, session) => {
            note(error, session?.n, session?.id === req.sessionID, Object.keys(session?.req ?? {}));
            text(res, 'x');
          }),
      },
      requests: ['/set', '/x'],
    },
  ]),
];
