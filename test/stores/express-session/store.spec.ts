import { EventEmitter } from 'node:events';
import { inherits } from 'node:util';
import type {
  Session,
  SessionedRequest,
  StoredSessionData,
} from '../../../lib/stores/express-session/session.js';
import {
  cookieFor,
  IMPLEMENTATIONS,
  PLAIN_COOKIE,
  QUIET,
  recordingStore,
  type AnyStore,
} from '../../express/support/entry-implementations.js';
import { closeSites, serve, type SessionHandler } from '../../express/support/entry-server.js';
import { dataOf, synchronousStore } from '../../express/support/end-store.js';
import { errorOf } from '../../express/support/end-promises.js';

afterEach(closeSites);

const KNOWN = { cookie: cookieFor('known') };
type Callable = { call(self: object, ...args: unknown[]): void };
const stored = (data: object = {}, cookie: object = PLAIN_COOKIE): StoredSessionData => ({
  cookie: { ...cookie },
  ...data,
});

describe.each(IMPLEMENTATIONS)('Store of %s', (_, session) => {
  const { Store, MemoryStore, Session, Cookie } = session;

  /** The methods of a store, with sessions in an object. */
  const METHODS = {
    get(this: { kept: Record<string, string> }, id: string, done: (error: null, found?: unknown) => void) {
      const text = this.kept[id];
      setImmediate(done, null, text === undefined ? undefined : JSON.parse(text));
    },
    set(this: { kept: Record<string, string> }, id: string, data: object, done: () => void) {
      this.kept[id] = JSON.stringify(data);
      setImmediate(done);
    },
    destroy(this: { kept: Record<string, string> }, id: string, done: () => void) {
      delete this.kept[id];
      setImmediate(done);
    },
  };

  /** Counts visits in a session, and regenerates it at /login. */
  const counting: SessionHandler = async (req, res) => {
    if (req.url === '/login') await errorOf((done) => req.session.regenerate(done));
    if (req.url === '/reload') await errorOf((done) => req.session.reload(done));
    req.session['visits'] = Number(req.session['visits'] ?? 0) + 1;
    res.end(String(req.session['visits']));
  };

  async function works(store: object): Promise<void> {
    const site = await serve(session({ ...QUIET, store: store as AnyStore }), counting);
    const first = await site.send();
    const cookie = first.cookies[0]!.split(';')[0]!;
    const bodies = [first.body];
    for (const path of ['/', '/reload', '/login']) bodies.push((await site.send(path, { cookie })).body);
    expect(bodies).toEqual(['1', '2', '3', '1']);
    expect((await site.send('/', { cookie })).body).toBe('1');
  }

  it('is an EventEmitter without constructor arguments (R105)', () => {
    expect(new Store()).toBeInstanceOf(EventEmitter);
    expect(Store).toHaveLength(0);
  });

  it('is called without new by stores that inherit from it (R105)', async () => {
    const Own = function (this: { kept: object }) {
      (Store as unknown as Callable).call(this);
      this.kept = {};
    } as unknown as new () => AnyStore;
    inherits(Own, Store);
    Object.assign(Own.prototype, METHODS);
    await works(new Own());
  });

  it('can be called on an object that is not a store (R105)', () => {
    const options = {};
    expect(() => (Store as unknown as Callable).call(options)).not.toThrow();
    expect(() =>
      (MemoryStore as unknown as Callable).call(Object.create(MemoryStore.prototype) as object),
    ).not.toThrow();
  });

  it('works for stores that inherit from it and never call it (R105)', async () => {
    const Own = function (this: { kept: object }) {
      this.kept = {};
    } as unknown as new () => AnyStore;
    inherits(Own, Store);
    Object.assign(Own.prototype, METHODS);
    await works(new Own());
  });

  it('works for stores whose prototype is an instance of it (R105)', async () => {
    await works(Object.assign(Object.create(new Store()) as object, METHODS, { kept: {} }));
  });

  it('works for stores that copy its methods (R105)', async () => {
    await works(Object.assign(new EventEmitter(), Store.prototype, METHODS, { kept: {} }));
  });

  it('works for classes that extend it (R105)', async () => {
    class Own extends Store {
      kept = {};
    }
    Object.assign(Own.prototype, METHODS);
    await works(new Own());
  });

  it('gets id, session and callback; the session is the live object (R106)', async () => {
    const store = recordingStore(session, { known: { a: 1 } });
    const called: unknown[][] = [];
    for (const method of ['get', 'set', 'touch', 'destroy'] as const) {
      const inner = store[method] as (...args: unknown[]) => void;
      Object.assign(store, {
        [method]: (...args: unknown[]) => {
          called.push([method, ...args]);
          inner.apply(store, args);
        },
      });
    }
    const lived: Session[] = [];
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      lived.push(req.session);
      if (req.url === '/set') req.session['a'] = 2;
      if (req.url === '/destroy') await errorOf((done) => req.session.destroy(done));
      res.end();
    });
    for (const path of ['/touch', '/set', '/destroy']) await site.send(path, KNOWN);
    const done = expect.any(Function) as unknown;
    expect(called.map(([method]) => method).join(' ')).toBe('get touch get set get destroy');
    expect(called[0]).toEqual(['get', 'known', done]);
    expect(called[1]).toEqual(['touch', 'known', expect.anything(), done]);
    expect([called[1]![2], called[3]![2]]).toEqual([lived[0], lived[1]]);
    expect(called[3]![2]).toBe(lived[1]);
    expect(called[5]).toEqual(['destroy', 'known', done]);
  });

  it('can call back synchronously (R107)', async () => {
    const store = synchronousStore(session, { known: { visits: 1 } });
    const site = await serve(session({ ...QUIET, store }), counting);
    expect(await site.send('/', KNOWN)).toMatchObject({ body: '2' });
    expect(await site.send('/reload', KNOWN)).toMatchObject({ body: '3' });
    expect(await site.send('/login', KNOWN)).toMatchObject({ body: '1' });
    expect(store.sessions['known']).toBeUndefined();
  });

  it('can report a missing session by ENOENT', async () => {
    const store = Object.assign(recordingStore(session), {
      get: (_id: string, done: (error: unknown) => void) =>
        done(Object.assign(new Error(), { code: 'ENOENT' })),
    });
    const site = await serve(session({ ...QUIET, store }), counting);
    expect(await site.send('/', KNOWN)).toMatchObject({ status: 200, body: '1' });
  });

  it('can lack touch', async () => {
    const store = Object.assign(new Store(), METHODS, {
      kept: { known: JSON.stringify(stored({ visits: 1 })) },
    });
    const site = await serve(session({ ...QUIET, store }), (_req, res) => res.end('untouched'));
    expect(await site.send('/', KNOWN)).toMatchObject({ body: 'untouched' });
  });

  describe('createSession', () => {
    const create = (data: StoredSessionData): { made: Session; req: SessionedRequest } => {
      const req = { sessionID: 'a', sessionStore: new MemoryStore() } as unknown as SessionedRequest;
      return { made: new Store().createSession(req, data), req };
    };

    it('sets a session with the stored data on the request, and replaces its cookie in place (R108)', () => {
      const data = stored({ a: 1 }, { ...PLAIN_COOKIE, path: '/own' });
      const { made, req } = create(data);
      expect(req.session).toBe(made);
      expect(made).toBeInstanceOf(Session);
      expect({ ...made }).toMatchObject({ a: 1 });
      expect(data.cookie).toBeInstanceOf(Cookie);
      expect(made.cookie).toBe(data.cookie);
      expect(made.cookie.path).toBe('/own');
    });

    it.each([
      ['a text', '2030-01-01T00:00:00.000Z', new Date(Date.UTC(2030, 0, 1))],
      ['a date', new Date(Date.UTC(2030, 0, 1)), new Date(Date.UTC(2030, 0, 1))],
      ['a number', 1234, 1234],
      ['nothing', null, null],
    ])('reads %s as expires (R108)', (_what, expires, expected) => {
      expect(create(stored({}, { ...PLAIN_COOKIE, expires })).made.cookie.expires).toEqual(expected);
    });

    it('keeps originalMaxAge unchanged (R108)', () => {
      const cookie = { ...PLAIN_COOKIE, originalMaxAge: 12_345, expires: new Date().toISOString() };
      expect(create(stored({}, cookie)).made.cookie.originalMaxAge).toBe(12_345);
    });

    it('fails if there is no cookie (R108)', () => {
      expect(() => create({ a: 1 } as unknown as StoredSessionData)).toThrow(
        "Cannot read properties of undefined (reading 'expires')",
      );
      expect(() => create({ cookie: 'text' } as unknown as StoredSessionData)).toThrow(
        new TypeError('argument options must be a object'),
      );
    });

    it.each([
      ['nothing', {}],
      ['maxAge and data', { maxAge: 60_000, data: { path: '/x' } }],
      ['only _expires', { path: '/', _expires: '2030-01-01T00:00:00.000Z', originalMaxAge: 1000 }],
    ])('reads a cookie of %s', (_what, cookie) => {
      const { made } = create(stored({ a: 1 }, cookie));
      expect(made.touch().cookie.serialize('a', 'b')).toMatch(/^a=b; Path=\//);
      expect(JSON.stringify(made)).toContain('"a":1');
    });
  });

  describe('regenerate', () => {
    it.each([
      ['destroyed', undefined],
      ['not destroyed', new Error('destroy')],
    ])(
      'generates another session, and then calls back: the old one was %s (R109)',
      async (_what, problem) => {
        const order: string[] = [];
        const store = Object.assign(new Store(), {
          destroy: (id: string, done: (error?: unknown) => void) => (
            order.push(`destroy ${id}`),
            done(problem)
          ),
          generate: () => void order.push('generate'),
        });
        const req = { sessionID: 'a' } as SessionedRequest;
        expect(await errorOf((done) => store.regenerate(req, done))).toBe(problem);
        expect(order).toEqual(['destroy a', 'generate']);
      },
    );

    it('works only for stores that were passed to session() (R109)', () => {
      const store = Object.assign(new Store(), { destroy: (_id: string, done: () => void) => done() });
      expect(() => store.regenerate({} as SessionedRequest, () => undefined)).toThrow(
        /generate is not a function/,
      );
      session({ ...QUIET, store: store });
      expect(Object.hasOwn(store, 'generate')).toBe(true);
    });
  });

  describe('load', () => {
    const load = (store: AnyStore, id: string): Promise<unknown[]> =>
      new Promise((resolve) => store.load(id, (...args) => resolve(args)));

    it('calls back without arguments for a missing id (R110)', async () => {
      expect(await load(new MemoryStore(), 'a')).toEqual([]);
    });

    it('calls back with a session outside of any request (R110)', async () => {
      const store = recordingStore(session, { known: { a: 1 } });
      const [error, found] = (await load(store, 'known')) as [null, Session];
      expect(error).toBeNull();
      expect(found).toBeInstanceOf(Session);
      expect({ ...found }).toMatchObject({ a: 1 });
      expect(found.req).toEqual({ sessionID: 'known', sessionStore: store, session: found });
      expect(await errorOf((done) => found.save(done))).toBeUndefined();
    });

    it('passes on an error (R110)', async () => {
      const problem = new Error('get');
      const store = Object.assign(new MemoryStore(), {
        get: (_id: string, done: (error: unknown) => void) => done(problem),
      });
      expect(await load(store, 'a')).toEqual([problem]);
    });
  });
});

describe('stores that express-session does not support, or not fully', () => {
  const [, session] = IMPLEMENTATIONS[1]!;
  const { Store } = session;

  it('can lack on and every other method of an EventEmitter', async () => {
    const { get, set, destroy, sessions } = recordingStore(session, { known: { a: 1 } });
    const { regenerate } = Store.prototype;
    const store = { get, set, destroy, regenerate, sessions };
    const site = await serve(session({ ...QUIET, store: store }), async (req, res) => {
      await errorOf((done) => req.session.reload(done));
      res.end(JSON.stringify(req.session['a']));
    });
    expect(await site.send('/', KNOWN)).toMatchObject({ status: 200, body: '1' });
  });

  it('can have their own EventEmitter', async () => {
    const own = new EventEmitter();
    const store = Object.assign(recordingStore(session), { on: own.on.bind(own) });
    const site = await serve(session({ ...QUIET, store }), (req, res) => res.end(typeof req.session));
    own.emit('disconnect');
    expect(await site.send()).toMatchObject({ body: 'undefined' });
    own.emit('connect');
    expect(await site.send()).toMatchObject({ body: 'object' });
  });

  it.each(['immediately', 'later'])('can replace the cookie with a plain object, %s', async (when) => {
    const store = recordingStore(session, { known: {} });
    store.set = (_id, data, done) => {
      const spoil = (): void => void Object.assign(data, { cookie: { plain: true }, _rev: 1 });
      if (when === 'immediately') spoil();
      setImmediate(() => {
        spoil();
        done?.();
      });
    };
    const site = await serve(session({ ...QUIET, store, rolling: true }), async (req, res) => {
      req.session['a'] = 1;
      await errorOf((done) => req.session.save(done));
      req.session.cookie.maxAge = 1000;
      req.session['b'] = 1;
      res.end(String(req.session['_rev']));
    });
    const { body, cookies } = await site.send('/', KNOWN);
    expect(body).toBe('1');
    expect(cookies).toEqual([expect.stringContaining('Expires=')]);
  });

  it('can create sessions of another package', async () => {
    const memoryStore = new IMPLEMENTATIONS[0]![1].MemoryStore();
    memoryStore.sessions['known'] = JSON.stringify(stored({ a: 1 }));
    const seen: boolean[] = [];
    const site = await serve(session({ ...QUIET, store: memoryStore }), async (req, res) => {
      seen.push(req.session instanceof session.Session);
      await errorOf((done) => req.session.reload(done));
      seen.push(req.session instanceof session.Session);
      await errorOf((done) => req.session.regenerate(done));
      seen.push(req.session instanceof session.Session);
      req.session['b'] = 2;
      res.end(req.sessionID);
    });
    const { body } = await site.send('/', KNOWN);
    expect(seen).toEqual([true, true, true]);
    expect(dataOf(memoryStore, body)).toEqual({ b: 2 });
  });

  it('can call back twice: the callback of the application is called once', async () => {
    const store = recordingStore(session, { known: {} });
    const twice = (done?: () => void): void => {
      done?.();
      done?.();
    };
    store.set = (_id, _data, done) => twice(done);
    store.destroy = (_id, done) => twice(done);
    const calls: string[] = [];
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session.save(() => calls.push('save'));
      req.session.regenerate(() => calls.push('regenerate'));
      req.session.destroy(() => calls.push('destroy'));
      res.end();
    });
    await site.send('/', KNOWN);
    expect(calls).toEqual(['save', 'regenerate', 'destroy']);
  });
});
