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
import { useFrozenTime } from './support/frozen-time.js';

const sendSession = (req: Handled, res: { end: (text: string) => unknown }): unknown =>
  res.end(
    JSON.stringify({
      session: typeof req.session,
      sessionID: typeof req.sessionID,
      sessionStore: typeof req.sessionStore,
    }),
  );
const NOTHING = { session: 'undefined', sessionID: 'undefined', sessionStore: 'undefined' };

ignoreDeprecations();
useFrozenTime(Date.UTC(2030, 0, 1));
afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('a request with %s', (_, session) => {
  const fail = (problem: unknown) => (): never => {
    throw problem as Error;
  };

  it('is passed on unchanged if it has a session (R19)', async () => {
    const store = recordingStore(session);
    const before: Middleware = (req, _res, next) => {
      Object.assign(req, { session: { mine: true } });
      next();
    };
    const { send } = await serve(
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
    expect(JSON.parse((await send()).body)).toEqual({
      untouched: true,
      session: { mine: true },
      keys: [false, false],
    });
    expect(store.calls).toEqual([]);
  });

  it.each([[null], [false], [0]])('gets a session in place of %p (R19)', async (value) => {
    const before: Middleware = (req, _res, next) => {
      Object.assign(req, { session: value });
      next();
    };
    const { send } = await serve([before, session(QUIET)], (req, res) =>
      res.end(String(req.session instanceof session.Session)),
    );
    expect((await send()).body).toBe('true');
  });

  it('has no session while the store is disconnected, also after repeated events (R20)', async () => {
    const store = recordingStore(session, { known: {} });
    const { send } = await serve(session({ ...QUIET, store }), sendSession);
    const bodyOf = async (): Promise<unknown> =>
      JSON.parse((await send('/', { cookie: cookieFor('known') })).body) as unknown;
    store.emit('disconnect');
    store.emit('disconnect');
    expect(await bodyOf()).toEqual(NOTHING);
    expect(store.calls).toEqual([]);
    store.emit('connect');
    expect(await bodyOf()).toEqual({ session: 'object', sessionID: 'string', sessionStore: 'object' });
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
  ])('for %s has a session with the cookie path /admin: %p (R21)', async (path, expected) => {
    const { url } = await serve(session({ ...QUIET, cookie: { path: '/admin' } }), sendSession);
    const response = await rawRequest(url, path).answer;
    expect(response!.body.includes('"session":"object"')).toBe(expected);
  });

  it.each([
    ['/inner', '/outer/inner', true],
    ['/outer/inner', '/inner', false],
    ['/outer', 42, true],
    ['/outer', undefined, true],
    ['/outer', '', false],
  ])('with the url %s is matched by its originalUrl %p (R21)', async (url, originalUrl, expected) => {
    const mount: Middleware = (req, _res, next) => {
      Object.assign(req, { url, originalUrl });
      next();
    };
    const { send } = await serve([mount, session({ ...QUIET, cookie: { path: '/outer' } })], sendSession);
    expect((await send('/')).body.includes('"session":"object"')).toBe(expected);
  });

  it('gets a session for an empty url under the default path (R21)', async () => {
    const { send } = await serve(
      [(req, _res, next) => next(void (req.url = '')), session(QUIET)],
      sendSession,
    );
    expect(JSON.parse((await send()).body)).toMatchObject({ session: 'object' });
  });

  it('is checked for a session, the store, the path and the secret, in this order (R22)', async () => {
    const store = recordingStore(session);
    const owned: Middleware = (req, _res, next) => {
      if (req.url === '/a/owned') Object.assign(req, { session: {} });
      next();
    };
    const { send } = await serve([
      owned,
      session({ resave: false, saveUninitialized: false, store, cookie: { path: '/a' } }),
    ]);
    const withoutSecret = '500 next: secret option required for sessions';
    const bodyOf = async (path: string): Promise<string> => {
      const { status, body } = await send(path);
      return `${status} ${body}`;
    };
    expect([await bodyOf('/a'), await bodyOf('/b'), await bodyOf('/a/owned')]).toEqual([
      withoutSecret,
      '200 ok',
      '200 ok',
    ]);
    store.emit('disconnect');
    expect(await bodyOf('/a')).toBe('200 ok');
  });

  it('without a secret fails (R23)', async () => {
    const { send } = await serve(session({ resave: false, saveUninitialized: false }), sendSession);
    expect(await send()).toMatchObject({
      status: 500,
      body: 'next: secret option required for sessions',
      cookies: [],
    });
  });

  it.each([
    ['the secret of the options', SECRET, SECRET],
    ['the secret of the request, if the options have none', undefined, 'keyboard cat'],
  ])('is verified and signed with %s (R24)', async (_, secret, used) => {
    const withSecret: Middleware = (req, _res, next) => {
      Object.assign(req, { secret: 'keyboard cat' });
      next();
    };
    const store = recordingStore(session, { apple: { fruit: true } });
    const { send } = await serve(
      [withSecret, session({ ...QUIET, secret, store, rolling: true })],
      (req, res) => res.end(JSON.stringify(req.session['fruit'])),
    );
    const { body, cookies } = await send('/', { cookie: cookieFor('apple', used) });
    expect(body).toBe('true');
    expect(cookies).toEqual([`${cookieFor('apple', used)}; Path=/; HttpOnly`]);
  });

  it('has the signature of a known test vector (R24)', () => {
    expect(encodeURIComponent(signed('apple', 'keyboard cat'))).toBe(
      's%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU',
    );
  });

  it('has its session, id and store as data properties (R25)', async () => {
    const plain = { writable: true, enumerable: true, configurable: true };
    const seen: unknown[] = [];
    const store = recordingStore(session, { known: {} });
    const { get } = store;
    const { send } = await serve(session({ ...QUIET, store }), (req, res) => {
      for (const name of ['session', 'sessionID', 'sessionStore'])
        seen.push({ ...Object.getOwnPropertyDescriptor(req, name), value: null });
      res.end(String(req.sessionStore === store));
    });
    store.get = (id, callback) => {
      seen.push(id);
      get.call(store, id, callback);
    };
    expect((await send('/', { cookie: cookieFor('known') })).body).toBe('true');
    expect(seen).toEqual(['known', ...Array<unknown>(3).fill({ ...plain, value: null })]);
  });

  it('without an id is passed on in the same tick (R26)', async () => {
    const order: string[] = [];
    const middleware = session(QUIET);
    const { send } = await serve((req, res, next) => {
      middleware(req, res, () => {
        order.push('next');
        next();
      });
      order.push('returned');
    });
    await send();
    expect(order).toEqual(['next', 'returned']);
  });

  it.each([
    ['the store returns undefined', undefined, undefined],
    ['the store returns null', undefined, null],
    ['the store fails with ENOENT', Object.assign(new Error('no such file'), { code: 'ENOENT' }), undefined],
  ])('gets another id if %s (R27)', async (_, error, found) => {
    const store = recordingStore(session);
    store.get = (_id, callback) => void setImmediate(callback, error, found);
    const { send } = await serve(session({ ...QUIET, store }), (req, res) => res.end(req.sessionID));
    const { status, body } = await send('/', { cookie: cookieFor('unknown') });
    expect([status, body.length]).toEqual([200, 32]);
  });

  it.each([
    ['an error', new Error('boom'), 'next: boom'],
    ['a text', 'no luck', 'next: no luck'],
  ])('fails without session and cookie if the store passes %s (R27, R28)', async (_, error, body) => {
    const store = recordingStore(session);
    store.get = (_id, callback) => void setImmediate(callback, error);
    const middleware = session({ ...QUIET, saveUninitialized: true, store });
    const kept: unknown[] = [];
    const { send } = await serve((req, res, next) =>
      middleware(req, res, (problem) => {
        kept.push((req as Handled).session);
        next(problem);
      }),
    );
    expect(await send('/', { cookie: cookieFor('known') })).toMatchObject({ status: 500, body, cookies: [] });
    expect(kept).toEqual([undefined]);
    expect(store.calls).toEqual([]);
  });

  it('fails if genid throws after the load (R27)', async () => {
    const store = recordingStore(session);
    const options = { ...QUIET, store, genid: fail(new Error('no id')) };
    const { send } = await serve(session(options));
    expect(await send('/', { cookie: cookieFor('unknown') })).toMatchObject({
      status: 500,
      body: 'next: no id',
    });
  });

  it('throws what the store throws synchronously (R29)', async () => {
    const store = recordingStore(session);
    store.get = fail(new Error('broken store'));
    const { send } = await serve(session({ ...QUIET, store }));
    expect((await send('/', { cookie: cookieFor('known') })).body).toBe('thrown: broken store');
  });

  it('gets a session with the id of genid and the cookie of the options (R30)', async () => {
    const given: unknown[] = [];
    const genid = (req: unknown): string => `made-${given.push(req)}`;
    const { send } = await serve(session({ ...QUIET, genid, cookie: { maxAge: 5000 } }), (req, res) => {
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
    expect(JSON.parse((await send()).body)).toEqual([true, true, 'made-1', 'made-1', 5000]);
  });

  it('throws what genid throws (R30)', async () => {
    const { send } = await serve(session({ ...QUIET, genid: fail(new Error('no id')) }));
    expect((await send()).body).toBe('thrown: no id');
  });
});
