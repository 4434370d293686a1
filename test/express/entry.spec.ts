import { rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';
import {
  cookieFor,
  ignoreDeprecations,
  IMPLEMENTATIONS,
  QUIET,
  recordingStore,
  signed,
} from './support/entry-implementations.js';
import { closeSites, serve, type Handled, type Middleware } from './support/entry-server.js';

const tellSession = (req: Handled, res: { end: (text: string) => unknown }): unknown =>
  res.end(
    JSON.stringify({
      session: typeof req.session,
      sessionID: typeof req.sessionID,
      sessionStore: typeof req.sessionStore,
    }),
  );
const NOTHING = { session: 'undefined', sessionID: 'undefined', sessionStore: 'undefined' };

ignoreDeprecations();
afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('a request that comes to %s', (_, session) => {
  const fail = (problem: unknown) => (): never => {
    throw problem as Error;
  };

  it('is passed on as it is where it has a session already (R19)', async () => {
    const store = recordingStore(session);
    const before: Middleware = (req, _res, next) => {
      Object.assign(req, { session: { mine: true } });
      next();
    };
    const { ask } = await serve(
      [before, session({ ...QUIET, saveUninitialized: true, store })],
      (req, res) => {
        const { writeHead, end } = Object.getPrototypeOf(res) as typeof res;
        const untouched = res.writeHead === writeHead && res.end === end;
        res.end(
          JSON.stringify({
            untouched,
            session: req.session,
            keys: ['sessionID' in req, 'sessionStore' in req],
          }),
        );
      },
    );
    expect(JSON.parse((await ask()).body)).toEqual({
      untouched: true,
      session: { mine: true },
      keys: [false, false],
    });
    expect(store.calls).toEqual([]);
  });

  it.each([[null], [false], [0]])('gets a session where %p is in its place (R19)', async (value) => {
    const before: Middleware = (req, _res, next) => {
      Object.assign(req, { session: value });
      next();
    };
    const { ask } = await serve([before, session(QUIET)], (req, res) =>
      res.end(String(req.session instanceof session.Session)),
    );
    expect((await ask()).body).toBe('true');
  });

  it('has no session while the store is disconnected, however often that was told (R20)', async () => {
    const store = recordingStore(session, { known: {} });
    const { ask } = await serve(session({ ...QUIET, store }), tellSession);
    const told = async (): Promise<unknown> =>
      JSON.parse((await ask('/', { cookie: cookieFor('known') })).body) as unknown;
    store.emit('disconnect');
    store.emit('disconnect');
    expect(await told()).toEqual(NOTHING);
    expect(store.calls).toEqual([]);
    store.emit('connect');
    expect(await told()).toEqual({ session: 'object', sessionID: 'string', sessionStore: 'object' });
  });

  it.each([
    ['/admin', true],
    ['/admin/users', true],
    ['/admin?next=/', true],
    ['/', false],
    ['/public?to=/admin', false],
    ['/Admin', false],
    ['/%61dmin', false],
    ['http://example.org/admin/x', true],
    ['http://example.org', false],
    ['http://admin/', false],
  ])('for %s has a session of the path /admin: %p (R21)', async (path, expected) => {
    const { url } = await serve(session({ ...QUIET, cookie: { path: '/admin' } }), tellSession);
    const answer = await rawRequest(url, path).answer;
    expect(answer!.body.includes('"session":"object"')).toBe(expected);
  });

  it.each([
    ['/inner', '/outer/inner', true],
    ['/outer/inner', '/inner', false],
    ['/outer', 42, true],
    ['/outer', undefined, true],
    ['/outer', '', false],
  ])('of the url %s is taken by its originalUrl %p (R21)', async (url, originalUrl, expected) => {
    const mount: Middleware = (req, _res, next) => {
      Object.assign(req, { url, originalUrl });
      next();
    };
    const { ask } = await serve([mount, session({ ...QUIET, cookie: { path: '/outer' } })], tellSession);
    expect((await ask('/')).body.includes('"session":"object"')).toBe(expected);
  });

  it('gets a session for an empty url under the default path (R21)', async () => {
    const { ask } = await serve(
      [(req, _res, next) => next(void (req.url = '')), session(QUIET)],
      tellSession,
    );
    expect(JSON.parse((await ask()).body)).toMatchObject({ session: 'object' });
  });

  it('is asked for its session, the store, its path and the secret, in this order (R22)', async () => {
    const store = recordingStore(session);
    const owned: Middleware = (req, _res, next) => {
      if (req.url === '/a/owned') Object.assign(req, { session: {} });
      next();
    };
    const { ask } = await serve([
      owned,
      session({ resave: false, saveUninitialized: false, store, cookie: { path: '/a' } }),
    ]);
    const withoutSecret = '500 next: secret option required for sessions';
    const told = async (path: string): Promise<string> => {
      const { status, body } = await ask(path);
      return `${status} ${body}`;
    };
    expect([await told('/a'), await told('/b'), await told('/a/owned')]).toEqual([
      withoutSecret,
      '200 ok',
      '200 ok',
    ]);
    store.emit('disconnect');
    expect(await told('/a')).toBe('200 ok');
  });

  it('without any secret is an error (R23)', async () => {
    const { ask } = await serve(session({ resave: false, saveUninitialized: false }), tellSession);
    expect(await ask()).toMatchObject({
      status: 500,
      body: 'next: secret option required for sessions',
      cookies: [],
    });
  });

  it.each([
    ['its own secret, where the options have one', SECRET, SECRET],
    ['the secret of the request, where the options have none', undefined, 'keyboard cat'],
  ])('is verified and signed with %s (R24)', async (_, secret, used) => {
    const withSecret: Middleware = (req, _res, next) => {
      Object.assign(req, { secret: 'keyboard cat' });
      next();
    };
    const store = recordingStore(session, { apple: { fruit: true } });
    const { ask } = await serve(
      [withSecret, session({ ...QUIET, secret, store, rolling: true })],
      (req, res) => res.end(JSON.stringify(req.session['fruit'])),
    );
    const { body, cookies } = await ask('/', { cookie: cookieFor('apple', used) });
    expect(body).toBe('true');
    expect(cookies).toEqual([`${cookieFor('apple', used)}; Path=/; HttpOnly`]);
  });

  it('has a signature that has been computed elsewhere (R24)', () => {
    expect(encodeURIComponent(signed('apple', 'keyboard cat'))).toBe(
      's%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU',
    );
  });

  it('has its session, id and store as plain properties (R25)', async () => {
    const plain = { writable: true, enumerable: true, configurable: true };
    const seen: unknown[] = [];
    const store = recordingStore(session, { known: {} });
    const { get } = store;
    const { ask } = await serve(session({ ...QUIET, store }), (req, res) => {
      for (const name of ['session', 'sessionID', 'sessionStore'])
        seen.push({ ...Object.getOwnPropertyDescriptor(req, name), value: null });
      res.end(String(req.sessionStore === store));
    });
    store.get = (id, callback) => {
      seen.push(id);
      get.call(store, id, callback);
    };
    expect((await ask('/', { cookie: cookieFor('known') })).body).toBe('true');
    expect(seen).toEqual(['known', ...Array<unknown>(3).fill({ ...plain, value: null })]);
  });

  it('without an id is passed on at once (R26)', async () => {
    const order: string[] = [];
    const middleware = session(QUIET);
    const { ask } = await serve((req, res, next) => {
      middleware(req, res, () => {
        order.push('next');
        next();
      });
      order.push('returned');
    });
    await ask();
    expect(order).toEqual(['next', 'returned']);
  });

  it.each([
    ['nothing is known of its id', undefined, undefined],
    ['null is known of its id', undefined, null],
    ['the store says ENOENT', Object.assign(new Error('no such file'), { code: 'ENOENT' }), undefined],
  ])('gets another id where %s (R27)', async (_, error, found) => {
    const store = recordingStore(session);
    store.get = (_id, callback) => void setImmediate(callback, error, found);
    const { ask } = await serve(session({ ...QUIET, store }), (req, res) => res.end(req.sessionID));
    const { status, body } = await ask('/', { cookie: cookieFor('unknown') });
    expect([status, body.length]).toEqual([200, 32]);
  });

  it.each([
    ['an error', new Error('boom'), 'next: boom'],
    ['a text', 'no luck', 'next: no luck'],
  ])('fails without session and cookie where the store gives %s (R27, R28)', async (_, error, body) => {
    const store = recordingStore(session);
    store.get = (_id, callback) => void setImmediate(callback, error);
    const middleware = session({ ...QUIET, saveUninitialized: true, store });
    const kept: unknown[] = [];
    const { ask } = await serve((req, res, next) =>
      middleware(req, res, (problem) => {
        kept.push((req as Handled).session);
        next(problem);
      }),
    );
    expect(await ask('/', { cookie: cookieFor('known') })).toMatchObject({ status: 500, body, cookies: [] });
    expect(kept).toEqual([undefined]);
    expect(store.calls).toEqual([]);
  });

  it('fails where making the new session fails behind the store (R27)', async () => {
    const store = recordingStore(session);
    const options = { ...QUIET, store, genid: fail(new Error('no id')) };
    const { ask } = await serve(session(options));
    expect(await ask('/', { cookie: cookieFor('unknown') })).toMatchObject({
      status: 500,
      body: 'next: no id',
    });
  });

  it('throws what the store throws at once (R29)', async () => {
    const store = recordingStore(session);
    store.get = fail(new Error('broken store'));
    const { ask } = await serve(session({ ...QUIET, store }));
    expect((await ask('/', { cookie: cookieFor('known') })).body).toBe('thrown: broken store');
  });

  it('gets a session made by genid and the cookie options (R30)', async () => {
    const given: unknown[] = [];
    const genid = (req: unknown): string => `made-${given.push(req)}`;
    const { ask } = await serve(session({ ...QUIET, genid, cookie: { maxAge: 5000 } }), (req, res) => {
      const { session: made } = req;
      res.end(
        JSON.stringify([
          made instanceof session.Session && made.cookie instanceof session.Cookie,
          given[0] === req,
          made.id,
          req.sessionID,
          made.cookie.originalMaxAge,
        ]),
      );
    });
    expect(JSON.parse((await ask()).body)).toEqual([true, true, 'made-1', 'made-1', 5000]);
  });

  it('throws what genid throws (R30)', async () => {
    const { ask } = await serve(session({ ...QUIET, genid: fail(new Error('no id')) }));
    expect((await ask()).body).toBe('thrown: no id');
  });
});
