import { probes } from './common.mjs';

const COOKIES = {
  nothing: undefined,
  null: null,
  empty: {},
  'a number': 42,
  'a list': ['x'],
  maxAge: { maxAge: 5000 },
  'maxAge null': { maxAge: null },
  'maxAge a string': { maxAge: '5' },
  'maxAge a date': { maxAge: new Date(Date.UTC(2031, 3, 1)) },
  'maxAge NaN': { maxAge: NaN },
  'maxAge false': { maxAge: false },
  expires: { expires: new Date(Date.UTC(2031, 3, 1)) },
  'expires, then maxAge': { expires: new Date(Date.UTC(2031, 3, 1)), maxAge: 1000 },
  'maxAge, then expires': { maxAge: 1000, expires: new Date(Date.UTC(2031, 3, 1)) },
  originalMaxAge: { maxAge: 1000, originalMaxAge: 5 },
  'originalMaxAge null': { maxAge: 1000, originalMaxAge: null },
  everything: {
    domain: '.example.com',
    path: '/a',
    httpOnly: false,
    secure: true,
    sameSite: 'Strict',
    priority: 'LOW',
    partitioned: true,
  },
  unknown: { colour: 'red', data: 1 },
  'sameSite wrong': { sameSite: 'x' },
  'path wrong': { path: 'a\nb' },
};

const attempt = (note, step) => {
  try {
    note(step());
  } catch (error) {
    note(error);
  }
};

const cookies = Object.entries(COOKIES).map(([title, options]) => [
  `Cookie: ${title}`,
  ({ Cookie }, { note }) =>
    attempt(note, () => {
      const cookie = new Cookie(options);
      note(Object.keys(cookie), cookie.data, cookie);
      note(cookie.maxAge, cookie.expires, cookie.originalMaxAge);
      return cookie.serialize('name', 'a value; with "signs"');
    }),
]);

const stored = (expires, n = 1) => ({ cookie: { expires, originalMaxAge: null }, n });

export const objects = probes('objects', {
  ...Object.fromEntries(cookies),
  'Cookie: names that are none': ({ Cookie }, { note }) => {
    for (const name of ['', 'a b', 'a=b', 'ä', '__proto__'])
      attempt(note, () => new Cookie().serialize(name, 'x'));
  },
  'Session without a cookie, data merged': ({ Session }, { note }) => {
    const inherited = Object.create({ inherited: 1 });
    const session = new Session(
      { sessionID: 'an id' },
      Object.assign(inherited, { own: 2, save: 3, toString: 4 }),
    );
    note(session.id, Object.keys(session), typeof session.save, session);
    note(Object.keys(new Session({ sessionID: 'x' }, 'text')), Object.keys(new Session({ sessionID: 'x' })));
  },
  'Store called without new': ({ Store }, { note }) => {
    const self = Object.create(Store.prototype);
    Store.call(self);
    self.on('x', () => note('heard'));
    self.emit('x');
    note(Object.keys(Store.prototype).toSorted(), 'generate' in Store.prototype);
  },
  'Store: load, missing, found, failing': async ({ Store }, { note, settle }) => {
    const store = new Store();
    store.get = (id, callback) =>
      callback(id === 'bad' ? new Error('bad') : null, id === 'good' ? stored(null) : undefined);
    for (const id of ['good', 'none', 'bad'])
      store.load(id, (...args) =>
        note(id, args.length, args[0], args[1]?.n, Object.keys(args[1]?.req ?? {}).toSorted()),
      );
    await settle();
  },
  'Store: createSession': ({ Store }, { note }) => {
    for (const expires of [null, undefined, '2031-05-01T00:00:00.000Z', 5, new Date(0), false]) {
      const req = { sessionID: 'id' };
      const data = { cookie: { expires, originalMaxAge: 77 }, n: 1 };
      const session = new Store().createSession(req, data);
      note(
        session === req.session,
        session,
        data.cookie === session.cookie,
        session.cookie.originalMaxAge,
        session.cookie.expires,
      );
    }
    for (const data of [{}, { cookie: 'x' }, null]) attempt(note, () => new Store().createSession({}, data));
  },
  'Store: regenerate without a middleware': ({ Store }, { note }) => {
    const store = new Store();
    store.destroy = (id, callback) => callback();
    try {
      store.regenerate({ sessionID: 'x' }, () => note('done'));
    } catch (error) {
      note(error.name);
    }
  },
  'MemoryStore: all methods': async ({ MemoryStore }, { note, settle }) => {
    const store = new MemoryStore();
    note(Object.getPrototypeOf(store.sessions) === null, Object.keys(MemoryStore.prototype).toSorted());
    const told =
      (name) =>
      (...args) =>
        note(name, args.length, args);
    store.set('a', stored(null), told('set'));
    store.set('b', stored('2001-01-01T00:00:00.000Z'), told('set'));
    store.set('c', stored(new Date(Date.UTC(2031, 3, 1)), 3), told('set'));
    note('at once', Object.keys(store.sessions));
    await settle();
    for (const id of ['a', 'b', 'c', 'none', '__proto__']) store.get(id, told(`get ${id}`));
    await settle();
    store.all(told('all'));
    store.length(told('length'));
    await settle();
    store.touch('a', stored(new Date(Date.UTC(2031, 6, 1)), 99), told('touch'));
    store.touch('none', stored(null), told('touch none'));
    await settle();
    note(store.sessions);
    store.destroy('a', told('destroy'));
    store.destroy('none', told('destroy none'));
    store.destroy('c');
    await settle();
    store.set('d', stored(null));
    store.clear(told('clear'));
    await settle();
    note(store.sessions);
    attempt(note, () => store.set('x', { big: 1n }));
  },
  'what session() has': (side, { note }) => {
    note(Object.keys(side).toSorted(), side.length, typeof side.Store, typeof side.Cookie);
    const middleware = side({ secret: 'x', resave: false, saveUninitialized: false });
    note(
      typeof middleware,
      middleware.length,
      typeof side.bind(null, { secret: 'x', resave: false, saveUninitialized: false })(),
    );
  },
});
