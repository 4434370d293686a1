import { setImmediate } from 'node:timers';
import { atOnce, group, memory, text } from './common.mjs';

const redirect = (res, to) => {
  res.statusCode = 302;
  res.setHeader('Location', to);
  return res.end();
};

const login = (req, res, { next }) =>
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = 'ada';
    req.session.save((failed) => (failed ? next(failed) : redirect(res, '/read')));
  });

const routes = {
  '/login': login,
  '/login-without-save': (req, res, { next }) =>
    req.session.regenerate((error) => {
      if (error) return next(error);
      req.session.user = 'ada';
      redirect(res, '/read');
    }),
  '/regenerate': (req, res, { note }) => {
    const old = req.session;
    const result = req.session.regenerate((error) => {
      note(
        'regenerated',
        error,
        req.session === old,
        req.session.id === req.sessionID,
        old.id === req.sessionID,
      );
      text(res, 'new');
    });
    note('returned', result === old);
  },
  '/destroy': (req, res, { note }) => {
    const old = req.session;
    const result = req.session.destroy((error) => {
      note('destroyed', error, typeof req.session, typeof req.sessionID);
      text(res, 'gone');
    });
    note('at once', typeof req.session, result === old);
  },
  '/destroy-without-callback': (req, res) => {
    req.session.destroy();
    text(res, 'gone');
  },
  '/destroy-then-save': (req, res) => {
    const old = req.session;
    old.destroy(() => old.save(() => text(res, 'saved?')));
  },
  '/null': (req, res) => {
    req.session = null;
    text(res, 'null');
  },
  '/undefined': (req, res) => {
    req.session = undefined;
    text(res, 'undefined');
  },
  '/delete': (req, res) => {
    delete req.session;
    text(res, 'deleted');
  },
  '/false': (req, res) => {
    req.session = false;
    text(res, 'false');
  },
  '/reload': (req, res, { note }) => {
    const old = req.session;
    req.session.edited = true;
    req.session.reload((error) => {
      note('reloaded', error, req.session === old, req.session.edited);
      text(res, JSON.stringify(req.session));
    });
  },
  '/reload-twice': (req, res, { note }) => {
    req.session.reload(() =>
      req.session.reload((error) => {
        note('reloaded', error);
        req.session.n = 10;
        req.session.save(() => text(res, JSON.stringify(req.session)));
      }),
    );
  },
  '/reload-gone': (req, res, { note, store }) =>
    store.destroy(req.sessionID, () =>
      req.session.reload((error) => {
        note('reloaded', error, typeof req.session);
        text(res, 'reload failed');
      }),
    ),
  '/save': (req, res, { note }) => {
    req.session.n = 7;
    const result = req.session.save((error) => {
      note('saved', error);
      text(res, 'saved');
    });
    note('returned', typeof result);
  },
  '/save-untouched': (req, res, { note }) =>
    req.session.save((error) => {
      note('saved', error);
      text(res, 'saved');
    }),
  '/save-and-change': (req, res) => {
    req.session.n = 1;
    req.session.save(() => {
      req.session.n = 2;
      text(res, 'changed');
    });
  },
  '/save-without-callback': (req, res) => {
    req.session.n = 7;
    req.session.save();
    setImmediate(() => setImmediate(() => text(res, 'saved')));
  },
  '/save-twice': (req, res) => {
    req.session.n = 1;
    req.session.save(() => req.session.save(() => text(res, 'twice')));
  },
  '/touch': (req, res, { note }) => {
    note('returned itself', req.session.touch() === req.session, req.session.resetMaxAge() === req.session);
    text(res, JSON.stringify(req.session.cookie));
  },
  '/max-age': (req, res) => {
    req.session.cookie.maxAge = 5000;
    text(res, JSON.stringify(req.session.cookie));
  },
  '/max-age-and-change': (req, res) => {
    req.session.cookie.maxAge = 5000;
    req.session.n = 5;
    text(res, JSON.stringify(req.session.cookie));
  },
  '/forget-max-age': (req, res) => {
    req.session.cookie.maxAge = null;
    text(res, JSON.stringify(req.session.cookie));
  },
  '/expires': (req, res) => {
    req.session.cookie.expires = new Date(Date.now() + 9000);
    text(res, JSON.stringify([req.session.cookie, req.session.cookie.maxAge]));
  },
  '/shape': (req, res, { note }) => {
    const of = (name) => Object.getOwnPropertyDescriptor(req, name);
    for (const name of ['session', 'sessionID', 'sessionStore']) {
      const { enumerable, writable, configurable } = of(name) ?? {};
      note(name, enumerable, writable, configurable);
    }
    note('keys', Object.keys(req.session), Object.getOwnPropertyNames(req.session).toSorted());
    note('id', req.session.id === req.sessionID, req.session.req === req);
    try {
      req.session.id = 'other';
    } catch (error) {
      note(error.name);
    }
    note('methods', Object.getOwnPropertyNames(Object.getPrototypeOf(req.session)).toSorted());
    text(res, 'shape');
  },
  '/odd-data': (req, res) => {
    Object.assign(req.session, {
      none: undefined,
      run: () => 1,
      at: new Date(0),
      list: [1, undefined],
      cookie2: {},
    });
    text(res, 'odd');
  },
  '/nested-cookie': (req, res) => {
    req.session.inner = { cookie: req.session.inner ? 'changed' : 'first' };
    text(res, 'nested');
  },
  '/keep-both': (req, res) => {
    const { cart = ['book'] } = req.session;
    req.session.regenerate(() => {
      req.session.cart = cart;
      text(res, 'kept');
    });
  },
  '/other-id': (req, res) => {
    req.sessionID = 'other';
    req.session.n = 1;
    text(res, 'other');
  },
  '/no-id': (req, res) => {
    req.sessionID = undefined;
    req.session.n = 1;
    text(res, 'none');
  },
};

const each = [
  ['login with regenerate, save and redirect', { requests: ['/login', '/read'] }],
  ['login of a known visitor', { requests: ['/set', '/login', '/read'] }],
  ['login without save', { requests: ['/set', '/login-without-save', '/read'] }],
  ['regenerate', { requests: ['/set', '/regenerate', '/read'] }],
  ['regenerate of a new session', { requests: ['/regenerate', '/read'] }],
  ['regenerate keeps nothing but what is carried over', { requests: ['/set', '/keep-both', '/read'] }],
  [
    'regenerate takes maxAge from the options',
    { options: { cookie: { maxAge: 60_000 } }, requests: ['/max-age-and-change', '/regenerate', '/read'] },
  ],
  ['regenerate with MemoryStore', { store: memory, requests: ['/set', '/login', '/read'] }],
  ['destroy', { requests: ['/set', '/destroy', '/read'] }],
  ['destroy of a new session', { requests: ['/destroy'] }],
  ['destroy without a callback', { requests: ['/set', '/destroy-without-callback', '/read'] }],
  ['destroy with MemoryStore', { store: memory, requests: ['/set', '/destroy', '/read'] }],
  ['destroy, then save of the old object', { requests: ['/set', '/destroy-then-save', '/read'] }],
  ...['keep', 'destroy'].flatMap((unset) =>
    ['null', 'undefined', 'delete', 'false'].map((way) => [
      `unset ${unset}, session ${way}`,
      { options: { unset }, requests: ['/set', `/${way}`, '/read'] },
    ]),
  ),
  ['unset destroy of a new session', { options: { unset: 'destroy' }, requests: ['/null'] }],
  ['unset destroy after destroy', { options: { unset: 'destroy' }, requests: ['/set', '/destroy'] }],
  [
    'unset destroy with MemoryStore',
    { store: memory, options: { unset: 'destroy' }, requests: ['/set', '/null', '/read'] },
  ],
  ['reload', { requests: ['/set', '/reload', '/read'] }],
  ['reload twice, then change', { requests: ['/set', '/reload-twice', '/read'] }],
  ['reload of a session that is gone', { requests: ['/set', '/reload-gone', '/read'] }],
  ['reload of a new session', { requests: ['/reload'] }],
  ['reload with MemoryStore', { store: memory, requests: ['/set', '/reload', '/read'] }],
  ['reload with resave', { options: { resave: true }, requests: ['/set', '/reload', '/read'] }],
  ['save', { requests: ['/save', '/save', '/read'] }],
  ['save with resave', { options: { resave: true }, requests: ['/save', '/save', '/save-untouched'] }],
  ['save of an untouched new session', { requests: ['/save-untouched', '/read'] }],
  ['save of an untouched known session', { requests: ['/set', '/save-untouched'] }],
  ['save and change', { requests: ['/save-and-change', '/read'] }],
  ['save without a callback', { requests: ['/save-without-callback', '/read'] }],
  ['save twice', { requests: ['/save-twice', '/read'] }],
  ['save with MemoryStore', { store: memory, requests: ['/save', '/save', '/read'] }],
  [
    'save with a store that answers at once',
    { store: atOnce, requests: ['/set', '/set', '/login', '/destroy'] },
  ],
  [
    'touch',
    {
      options: { cookie: { maxAge: 60_000 } },
      requests: ['/set', ({ clock }) => clock.advance(1500), '/touch', '/read'],
    },
  ],
  ['touch without maxAge', { requests: ['/set', '/touch'] }],
  ['maxAge changed', { options: { cookie: { maxAge: 60_000 } }, requests: ['/set', '/max-age', '/read'] }],
  [
    'maxAge changed, and data',
    { options: { cookie: { maxAge: 60_000 } }, requests: ['/set', '/max-age-and-change', '/read'] },
  ],
  ['maxAge given to one session', { requests: ['/set', '/max-age-and-change', '/read', '/set'] }],
  [
    'maxAge taken away',
    { options: { cookie: { maxAge: 60_000 } }, requests: ['/set', '/forget-max-age', '/read'] },
  ],
  ['expires set', { requests: ['/set', '/expires', '/read'] }],
  [
    'expired in MemoryStore',
    {
      store: memory,
      options: { cookie: { maxAge: 1000 } },
      requests: ['/set', ({ clock }) => clock.advance(1001), '/read'],
    },
  ],
  [
    'alive in MemoryStore',
    {
      store: memory,
      options: { cookie: { maxAge: 1000 } },
      requests: [
        '/set',
        ({ clock }) => clock.advance(900),
        '/read',
        ({ clock }) => clock.advance(900),
        '/read',
      ],
    },
  ],
  ['shape of the objects', { requests: ['/shape', '/set', '/shape'] }],
  ['data that JSON changes', { requests: ['/odd-data', '/read', '/odd-data'] }],
  ['nested name cookie', { requests: ['/nested-cookie', '/nested-cookie', '/nested-cookie'] }],
  ['another req.sessionID', { requests: ['/other-id', '/read'] }],
  ['no req.sessionID', { requests: ['/no-id', '/read'] }],
  [
    'maxAge with a clock that ticks',
    {
      options: { cookie: { maxAge: 60_000 } },
      requests: [({ clock }) => clock.tick(), '/set', '/read', '/read', '/read'],
    },
  ],
];

export const methods = group('session', [
  ...each.map(([title, spec]) => ({ title, routes, ...spec })),
  {
    title: 'parallel requests that change different things',
    routes: parallelRoutes((req, name) => (req.session[name] = 1)),
    requests: ['/set', { atOnce: ['/a', '/b'] }, '/read'],
  },
  {
    title: 'a request that ends after the session was destroyed',
    routes: {
      ...parallelRoutes((req, name) => (name === 'a' ? req.session.destroy() : (req.session.b = 1))),
    },
    requests: ['/set', { atOnce: ['/a', '/b'] }, '/read'],
  },
  {
    title: 'a store whose set answers twice',
    faults: { set: 'twice' },
    requests: ['/set', '/set', '/read'],
  },
]);

/** Two routes that wait until both requests have loaded their session. `a` responds first. */
function parallelRoutes(change) {
  const arrived = [];
  const route = (name) => (req, res) => {
    arrived.push({ name, req, res });
    if (arrived.length < 2) return;
    const [a, b] = arrived.splice(0).toSorted((one, other) => (one.name < other.name ? -1 : 1));
    a.res.once('finish', () => {
      change(b.req, 'b');
      text(b.res, 'b');
    });
    change(a.req, 'a');
    text(a.res, 'a');
  };
  return { '/a': route('a'), '/b': route('b') };
}
