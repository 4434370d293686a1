import { createSecretKey } from 'node:crypto';
import session from 'nest-session/express';
import {
  cookieFor,
  deprecationsOf,
  fromItsOwnPlace,
  ignoreDeprecations,
  IMPLEMENTATIONS,
  ORIGINAL,
  QUIET,
  recordingStore,
  signed,
  textsOf,
  thrownBy,
  type Options,
  type AnyFunction,
} from './support/entry-implementations.js';
import { closeSites, serve } from './support/entry-server.js';
import { useFrozenTime } from './support/frozen-time.js';

const NO_RESAVE = 'undefined resave option; provide resave option';
const NO_SAVE_UNINITIALIZED = 'undefined saveUninitialized option; provide saveUninitialized option';
const NO_SECRET = 'req.secret; provide secret option';

ignoreDeprecations();
useFrozenTime(Date.UTC(2030, 0, 1));
afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('the options of %s', (_, session) => {
  const make = (options: object): unknown => session({ ...QUIET, ...options });
  const messagesFor = async (options?: object | null): Promise<string[]> =>
    textsOf(await deprecationsOf(() => fromItsOwnPlace(session, options)));

  it.each([[undefined], [null], [{}]])('have their defaults if they are %p (R1)', async (options) => {
    expect(await messagesFor(options)).toEqual([NO_RESAVE, NO_SAVE_UNINITIALIZED, NO_SECRET]);
  });

  it('are read once, but the cookie object is kept by reference (R1)', async () => {
    const cookie = { maxAge: 1000 };
    const options: Options = { ...QUIET, saveUninitialized: true, name: 'first', cookie };
    const { send } = await serve(session(options));
    options.name = 'second';
    cookie.maxAge = 90_000_000;
    const { cookies } = await send();
    expect(cookies[0]).toMatch(/^first=/);
    const expires = Date.parse(/Expires=([^;]+)/.exec(cookies[0]!)![1]!);
    expect(expires).toBeGreaterThan(Date.now() + 80_000_000);
  });

  it.each([[42], ['text'], [{}], [true]])('reject the genid %p, which is not a function (R2)', (genid) => {
    expect(() => make({ genid })).toThrow(new TypeError('genid option must be a function'));
  });

  it.each([[0], [''], [null], [false]])('use the default for the genid %p (R2)', async (genid) => {
    const { send } = await serve(session({ ...QUIET, genid: genid as never }), (req, res) =>
      res.end(req.sessionID),
    );
    expect((await send()).body).toHaveLength(32);
  });

  it.each([['destory'], [42], [true]])('reject the unset %p (R3)', (unset) => {
    expect(() => make({ unset })).toThrow(new TypeError('unset option must be "destroy" or "keep"'));
  });

  it.each([[undefined], [null], [''], ['keep'], ['destroy']])('accept the unset %p (R3)', (unset) => {
    expect(make({ unset })).toBeInstanceOf(Function);
  });

  it('reject an empty array of secrets (R4)', () => {
    expect(() => make({ secret: [] })).toThrow(
      new TypeError('secret option array must contain one or more strings'),
    );
  });

  it.each([[[undefined]], [42]])(
    'accept the secret %p, which fails at the first signature (R4)',
    async (secret) => {
      const { send, lateError } = await serve(
        session({ ...QUIET, saveUninitialized: true, secret: secret as never }),
      );
      expect((await send()).cookies).toEqual([]);
      expect(await lateError).toMatchObject({ name: 'TypeError' });
    },
  );

  it.each([
    ['text', 'keyboard cat'],
    ['a Buffer', Buffer.from('keyboard cat')],
    ['a key object', createSecretKey(Buffer.from('keyboard cat'))],
    ['an array of texts', ['keyboard cat', 'nyan cat']],
  ])('accept %s as secret (R4)', async (_, secret) => {
    const options = { ...QUIET, saveUninitialized: true, secret, genid: () => 'apple' };
    const { send } = await serve(session(options));
    const { cookies } = await send();
    expect(cookies[0]).toContain(`connect.sid=${encodeURIComponent(signed('apple', 'keyboard cat'))};`);
  });

  it.each([[undefined], ['']])('log a deprecation for the secret %p (R4)', async (secret) => {
    expect(await messagesFor({ ...QUIET, secret })).toEqual([NO_SECRET]);
  });

  it.each([
    ['undefined', { resave: undefined }, [NO_RESAVE], ['get', 'set']],
    ['null', { resave: null }, [], ['get', 'touch']],
    ['false', { resave: false }, [], ['get', 'touch']],
    ['0', { resave: 0 }, [], ['get', 'touch']],
    ['true', { resave: true }, [], ['get', 'set']],
  ])('save an unmodified session depending on resave: %s (R5)', async (_, given, messages, calls) => {
    expect(await messagesFor({ ...QUIET, ...given })).toEqual(messages);
    const store = recordingStore(session, { known: { a: 1 } });
    const { send } = await serve(session({ ...QUIET, ...given, store } as Options));
    await send('/', { cookie: cookieFor('known') });
    expect(store.calls).toEqual(calls);
  });

  it.each([
    ['undefined', { saveUninitialized: undefined }, [NO_SAVE_UNINITIALIZED], ['set']],
    ['null', { saveUninitialized: null }, [], []],
    ['false', { saveUninitialized: false }, [], []],
    ['true', { saveUninitialized: true }, [], ['set']],
  ])(
    'save an unmodified new session depending on saveUninitialized: %s (R6)',
    async (_, given, messages, calls) => {
      expect(await messagesFor({ ...QUIET, ...given })).toEqual(messages);
      const store = recordingStore(session);
      const { send } = await serve(session({ ...QUIET, ...given, store } as Options));
      expect((await send()).cookies).toHaveLength(calls.length);
      expect(store.calls).toEqual(calls);
    },
  );

  it('are checked in order: the first invalid one throws (R7)', async () => {
    const errorsOf = (options: object): Promise<Error[]> =>
      deprecationsOf(() => thrownBy(() => fromItsOwnPlace(session, options)));
    const broken = { secret: [], unset: 'x', genid: 42 };
    expect(textsOf(await errorsOf(broken))).toEqual([]);
    expect(textsOf(await errorsOf({ ...broken, genid: undefined }))).toEqual([
      NO_RESAVE,
      NO_SAVE_UNINITIALIZED,
    ]);
    expect(thrownBy(() => make(broken))).toMatchObject({ message: /genid/ });
    expect(thrownBy(() => make({ ...broken, genid: null }))).toMatchObject({ message: /unset/ });
    expect(thrownBy(() => make({ secret: [] }))).toMatchObject({ message: /secret/ });
  });

  it.each([
    [{ name: 'one', key: 'two' }, 'one'],
    [{ key: 'two' }, 'two'],
    [{ name: '', key: 'two' }, 'two'],
    [{}, 'connect.sid'],
  ])('name the cookie of %p %s (R8)', async (names, expected) => {
    const { send } = await serve(session({ ...QUIET, ...names, saveUninitialized: true }));
    expect((await send()).cookies[0]!.split('=')[0]).toBe(expected);
  });

  it('accept an invalid name until a cookie is sent (R8)', async () => {
    const { send, lateError } = await serve(session({ ...QUIET, name: 'a b', saveUninitialized: true }));
    expect((await send()).status).toBe(200);
    expect(await lateError).toEqual(new TypeError('argument name is invalid'));
  });

  it('have a new memory store by default (R9)', async () => {
    const stores: unknown[] = [];
    for (const middleware of [session(QUIET), session(QUIET)]) {
      const { send } = await serve(middleware, (req, res) => res.end(String(stores.push(req.sessionStore))));
      await send();
    }
    expect(stores[0]).toBeInstanceOf(session.MemoryStore);
    expect(stores[1]).not.toBe(stores[0]);
  });

  it('reject a store without methods (R9)', () => {
    expect(() => make({ store: {} })).toThrow(new TypeError('store.on is not a function'));
  });

  it.each([
    [true, ['set-cookie']],
    ['yes', ['set-cookie']],
    [1, ['set-cookie']],
    [false, []],
    [0, []],
    [undefined, []],
  ])('send the cookie each time if rolling is truthy: %p (R11)', async (rolling, names) => {
    const store = recordingStore(session, { known: { a: 1 } });
    const { send } = await serve(session({ ...QUIET, rolling: rolling as boolean, store }));
    const { headers } = await send('/', { cookie: cookieFor('known') });
    expect([...headers.keys()].filter((name) => name === 'set-cookie')).toEqual(names);
  });

  it('call a cookie function with the request, twice for a new session and once for a known one (R13)', async () => {
    const called: unknown[][] = [];
    const cookie = (...given: unknown[]) => {
      called.push(given);
      return { path: '/', maxAge: 5000 };
    };
    const store = recordingStore(session, { known: {} });
    const { send } = await serve(session({ ...QUIET, store, cookie }), (req, res) => {
      const lifetime = req.session.cookie.originalMaxAge;
      res.end(
        `${called.length} ${called.every((given) => given.length === 1 && given[0] === req)} ${lifetime}`,
      );
    });
    expect((await send()).body).toBe('2 true 5000');
    called.length = 0;
    expect((await send('/', { cookie: cookieFor('known') })).body).toBe('1 true null');
  });

  it('use the path that a cookie function returns (R13)', async () => {
    const cookie = (): object => ({ path: '/admin' });
    const { send } = await serve(session({ ...QUIET, cookie }), (req, res) => res.end(typeof req.session));
    expect([(await send('/admin')).body, (await send('/public')).body]).toEqual(['object', 'undefined']);
  });

  it.each([[undefined], [null]])('throw if a cookie function returns %p (R13)', async (nothing) => {
    const { send } = await serve(session({ ...QUIET, cookie: () => nothing as never }));
    expect((await send()).body).toMatch(/^thrown: Cannot /);
  });

  it('treat a promise as a cookie without attributes (R13)', async () => {
    const cookie = (): never => Promise.resolve({ maxAge: 5000, secure: true }) as never;
    const { send } = await serve(session({ ...QUIET, saveUninitialized: true, cookie }));
    expect((await send()).cookies[0]).toMatch(/; Path=\/; HttpOnly$/);
  });

  it('log a deprecation once per call site, with the call site (R15)', async () => {
    const deprecations = await deprecationsOf(() => {
      for (let count = 0; count < 3; count++) session({ ...QUIET, resave: undefined });
      fromItsOwnPlace(session, { ...QUIET, resave: undefined });
    });
    expect(textsOf(deprecations)).toEqual([NO_RESAVE, NO_RESAVE]);
    expect(deprecations[0]).toMatchObject({ name: 'DeprecationError', namespace: 'express-session' });
    expect(deprecations[0]!.stack!.split('\n')[1]).toContain('options.spec.ts');
    expect(deprecations[1]!.stack!.split('\n')[1]).toMatch(/application-\d+\.js/);
  });

  it('set an own property generate on the store (R16)', () => {
    const store = new session.MemoryStore();
    expect('generate' in store).toBe(false);
    session({ ...QUIET, store });
    expect(Object.hasOwn(store, 'generate')).toBe(true);
    expect('generate' in session.Store.prototype).toBe(false);
  });

  it('decide once whether the store has a touch (R18)', async () => {
    const store = recordingStore(session, { known: { a: 1 } });
    const { touch } = store;
    Object.assign(store, { touch: undefined });
    const { send } = await serve(session({ ...QUIET, store }));
    Object.assign(store, { touch });
    await send('/', { cookie: cookieFor('known') });
    expect(store.calls).toEqual(['get']);
  });
});

describe('the listeners of a store', () => {
  const counts = (make: AnyFunction): number[] => {
    const store = new make.MemoryStore();
    return [1, 2, 3].map(() => {
      make({ ...QUIET, store });
      return store.listenerCount('connect') + store.listenerCount('disconnect');
    });
  };

  it('are one pair for several middlewares (R17, W10)', () => {
    expect(counts(ORIGINAL)).toEqual([2, 4, 6]);
    expect(counts(session)).toEqual([2, 2, 2]);
  });
});
