import { EventEmitter } from 'node:events';
import { inherits } from 'node:util';
import type { Callback } from '../../lib/stores/express-session/callback-store.js';
import type { StoredSessionData } from '../../lib/stores/express-session/session.js';
import { SECRET } from '../support/secret.js';
import { useFrozenTime } from './support/frozen-time.js';
import {
  cookieFor,
  IMPLEMENTATIONS,
  PLAIN_COOKIE,
  QUIET,
  recordingStore,
  thrownBy,
  type AnyStore,
} from './support/entry-implementations.js';
import {
  closeSites,
  serve,
  type Handled,
  type Middleware,
  type SessionHandler,
} from './support/entry-server.js';

const METHODS = ['touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate'] as const;

const modify: SessionHandler = (req, res) => {
  req.session['a'] = 'new';
  res.end('ok');
};

/** The result of a method with a callback. */
const called = <T>(call: (callback: Callback<T>) => void): Promise<[unknown, T | undefined]> =>
  new Promise((resolve) => call((error, result) => resolve([error, result])));

/** A store in the old style, which calls the base constructor as a function. */
function oldStore(base: new () => AnyStore): new () => AnyStore {
  function OldStore(this: AnyStore): void {
    (base as unknown as (this: object) => void).call(this);
    this.sessions = {};
  }
  inherits(OldStore, base);
  Object.assign(OldStore.prototype as object, simpleMethods);
  return OldStore as never;
}

const simpleMethods = {
  get(this: AnyStore, id: string, callback: Callback<StoredSessionData>) {
    const text = this.sessions[id];
    callback(null, text === undefined ? undefined : (JSON.parse(text) as StoredSessionData));
  },
  set(this: AnyStore, id: string, data: object, callback: Callback) {
    this.sessions[id] = JSON.stringify(data);
    callback();
  },
  destroy(this: AnyStore, id: string, callback: Callback) {
    delete this.sessions[id];
    callback();
  },
};

useFrozenTime(Date.UTC(2030, 0, 1));
afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('the surface of %s', (_, session) => {
  it('is a function that returns a middleware with three parameters, also when bound (A1)', async () => {
    expect(typeof session).toBe('function');
    const middleware = session.bind(null, { ...QUIET, saveUninitialized: true })();
    expect(middleware).toHaveLength(3);
    const { send } = await serve(middleware);
    expect((await send()).cookies).toHaveLength(1);
  });

  it('has Store, Session, MemoryStore and Cookie (A2)', () => {
    const { Store, Session, MemoryStore, Cookie } = session;
    expect([Store, Session, MemoryStore, Cookie].map((one) => typeof one)).toEqual(Array(4).fill('function'));
  });

  it.each<[string, (base: never) => new () => AnyStore]>([
    ['a function that calls it', oldStore],
    [
      'a class',
      (base: new () => AnyStore) => {
        class NewStore extends base {
          override sessions: Record<string, string> = {};
        }
        Object.assign(NewStore.prototype, simpleMethods);
        return NewStore;
      },
    ],
  ])('has a Store that can be extended by %s (A3)', async (_, extend) => {
    const store = new (extend(session.Store as never))();
    expect(store).toBeInstanceOf(session.Store);
    const { send } = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['count'] = Number(req.session['count'] ?? 0) + 1;
      res.end(String(req.session['count']));
    });
    const [cookie = ''] = (await send()).cookies;
    expect((await send('/', { cookie: cookie.split(';')[0]! })).body).toBe('2');
  });

  it('has a Store that is an EventEmitter with three methods on its prototype (A4)', () => {
    const store = new session.Store();
    expect(store).toBeInstanceOf(EventEmitter);
    const names = ['regenerate', 'load', 'createSession', 'generate'];
    expect(names.filter((name) => name in session.Store.prototype)).toEqual(names.slice(0, 3));
  });

  it('listens to the events connect and disconnect of a store (A4)', () => {
    const store = new session.MemoryStore();
    session({ ...QUIET, store });
    expect(store.eventNames().sort()).toEqual(['connect', 'disconnect']);
  });

  it('has a MemoryStore with all methods of a store (A5)', async () => {
    const store = new session.MemoryStore();
    expect(session.MemoryStore).toHaveLength(0);
    expect(store).toBeInstanceOf(session.Store);
    const data = { cookie: { ...PLAIN_COOKIE }, a: 1 } as never;
    await called((done) => store.set('one', data, done));
    await called((done) => store.set('two', data, done));
    expect(JSON.parse(store.sessions['one']!)).toEqual(data);
    await called((done) => store.touch('one', data, done));
    expect(await called((done) => store.get('one', done))).toEqual([null, data]);
    expect(Object.keys((await called((done) => store.all(done)))[1]!)).toEqual(['one', 'two']);
    expect(await called((done) => store.length(done))).toEqual([null, 2]);
    const [, loaded] = await called((done) => store.load('one', done));
    expect(loaded).toBeInstanceOf(session.Session);
    await called((done) => store.destroy('one', done));
    expect(await called((done) => store.length(done))).toEqual([null, 1]);
    await called((done) => store.clear(done));
    expect(await called((done) => store.length(done))).toEqual([null, 0]);
  });

  it('looks up store methods at each call (A6)', async () => {
    const store = recordingStore(session, { known: { a: 1 }, other: { a: 1 } });
    const { send } = await serve(session({ ...QUIET, store, unset: 'destroy' }), (req, res) => {
      if (req.url === '/touch') return res.end();
      if (req.url === '/destroy') Reflect.deleteProperty(req, 'session');
      return req.url === '/destroy' ? res.end() : modify(req, res);
    });
    const replaced: string[] = [];
    for (const name of ['get', 'set', 'touch', 'destroy'] as const) {
      const method = store[name] as (...args: unknown[]) => void;
      Object.assign(store, {
        [name]: (...args: unknown[]) => {
          replaced.push(name);
          method.apply(store, args);
        },
      });
    }
    for (const path of ['/touch', '/set', '/destroy']) await send(path, { cookie: cookieFor('known') });
    expect(replaced).toEqual(['get', 'touch', 'get', 'set', 'get', 'destroy']);
  });

  it('has a Session whose id, req and methods are not enumerable (A7)', () => {
    const req = { sessionID: 'known', sessionStore: new session.MemoryStore() } as unknown as Handled;
    const made = new session.Session(req, { user: 'ada', cookie: new session.Cookie() });
    const names: string[] = [];
    for (const name in made) names.push(name);
    expect(names.filter((name) => [...METHODS, 'id', 'req'].includes(name as never))).toEqual([]);
    expect(Object.keys(made)).toEqual(['user', 'cookie']);
    expect([made.id, made.req]).toEqual(['known', req]);
    expect(METHODS.map((name) => typeof made[name])).toEqual(Array(6).fill('function'));
  });

  it('has a Cookie with accessors, fields and methods (A8)', () => {
    const cookie = new session.Cookie({ maxAge: 60_000, domain: 'example.org', mine: 1 });
    expect(cookie.expires).toBeInstanceOf(Date);
    expect(cookie.maxAge).toBeGreaterThan(50_000);
    expect(cookie).toMatchObject({ path: '/', httpOnly: true, originalMaxAge: 60_000, mine: 1 });
    expect(cookie.toJSON()).toEqual(cookie.data);
    expect(cookie.data).toMatchObject({ domain: 'example.org', path: '/', originalMaxAge: 60_000 });
    expect(new session.Cookie().serialize('a', 'b c')).toBe('a=b%20c; Path=/; HttpOnly');
  });

  it('works with a request of node:http, and sets three properties on it (A9)', async () => {
    const before: string[] = [];
    const note: Middleware = (req, _res, next) => next(void before.push(...Object.keys(req)));
    const { send } = await serve([note, session(QUIET)], (req, res) =>
      res.end(
        Object.keys(req)
          .filter((name) => !before.includes(name) && !name.startsWith('_'))
          .sort()
          .join(),
      ),
    );
    expect((await send()).body).toBe('session,sessionID,sessionStore');
  });

  it.each<['end' | 'write']>([['end'], ['write']])(
    'works with a response whose %s is wrapped before and after it (A10)',
    async (method) => {
      const called = new Set<string>();
      const noting =
        (when: string): Middleware =>
        (_req, res, next) => {
          const { [method]: replaced } = res;
          res[method] = ((...args: unknown[]) => {
            called.add(when);
            return (replaced as (...given: unknown[]) => unknown).apply(res, args);
          }) as never;
          next();
        };
      const store = recordingStore(session);
      const middleware = session({ ...QUIET, saveUninitialized: true, store });
      const { send } = await serve([noting('before'), middleware, noting('after')], (_, res) => {
        res.write('a');
        res.end('b');
      });
      const { body, cookies } = await send();
      expect([body, cookies.length, [...called].sort()]).toEqual(['ab', 1, ['after', 'before']]);
      expect(store.calls).toEqual(['set']);
    },
  );

  it.each<['set' | 'touch' | 'destroy', SessionHandler]>([
    ['set', modify],
    ['touch', (_, res) => res.end('ok')],
    ['destroy', (req, res) => res.end(Reflect.deleteProperty(req, 'session') ? 'ok' : '')],
  ])('calls next once more, later, if %s fails; the response is unchanged (A11)', async (method, handler) => {
    const store = recordingStore(session, { known: {} });
    Object.assign(store, {
      [method]: (...args: unknown[]) => (args.at(-1) as Callback)(new Error('boom')),
    });
    const { send, lateError } = await serve(session({ ...QUIET, store, unset: 'destroy' }), handler);
    expect(await send('/', { cookie: cookieFor('known') })).toMatchObject({ status: 200, body: 'ok' });
    expect(await lateError).toEqual(new Error('boom'));
  });

  it('calls next once more if the cookie cannot be written (A11)', async () => {
    const options = { ...QUIET, saveUninitialized: true, cookie: { sameSite: 'x' as never } };
    const { send, lateError } = await serve(session(options));
    expect(await send()).toMatchObject({ status: 200, body: 'ok' });
    expect(await lateError).toEqual(new TypeError('option sameSite is invalid'));
  });

  it('has the error texts that applications compare (A12)', async () => {
    const make = (options: object) => () => session({ ...QUIET, ...options });
    const texts = [
      make({ genid: 1 }),
      make({ unset: 'x' }),
      make({ secret: [] }),
      () => new session.Cookie(42 as never),
      () => new session.Cookie({ maxAge: '60' }),
      () => new session.Cookie({ expires: new Date(NaN) }).serialize('a', 'b'),
    ].map((call) => (thrownBy(call) as Error).message);
    expect(texts).toEqual([
      'genid option must be a function',
      'unset option must be "destroy" or "keep"',
      'secret option array must contain one or more strings',
      'argument options must be a object',
      'maxAge must be a number or Date',
      'option expires is invalid',
    ]);
    const store = recordingStore(session, { known: {}, bare: { cookie: undefined } });
    const { send } = await serve(session({ ...QUIET, store }), (req, res) => {
      Reflect.deleteProperty(store.sessions, 'known');
      req.session.reload((error) => res.end((error as Error).message));
    });
    expect((await send('/', { cookie: cookieFor('known') })).body).toBe('failed to load session');
    expect((await send('/', { cookie: cookieFor('bare') })).body).toMatch(/Cannot read prop/);
  });

  it('adds no global variable (A15)', async () => {
    const before = Object.getOwnPropertyNames(globalThis);
    const { send } = await serve(session({ ...QUIET, secret: SECRET }), modify);
    await send();
    expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
  });
});
