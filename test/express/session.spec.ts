import type { SessionedRequest } from '../../lib/stores/express-session/session.js';
import {
  cookieFor,
  IMPLEMENTATIONS,
  PLAIN_COOKIE,
  QUIET,
  recordingStore,
  type Options,
} from './support/entry-implementations.js';
import { closeSites, serve, type Handled } from './support/entry-server.js';
import { dataOf } from './support/end-store.js';
import { errorOf } from './support/end-promises.js';

afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('Session of %s', (_, session) => {
  const { Session, Cookie } = session;
  const bareRequest = (sessionID?: unknown): SessionedRequest =>
    ({ sessionID, sessionStore: new session.MemoryStore() }) as unknown as SessionedRequest;

  /** Runs a handler for a request with the stored session `known`. */
  async function visit<T>(
    look: (req: Handled, store: ReturnType<typeof recordingStore>) => T | Promise<T>,
    options: Options & { data?: Record<string, unknown> } = {},
  ) {
    const { data = { a: 1 }, ...others } = options;
    const store = recordingStore(session, { known: data });
    let seen!: T;
    const site = await serve(session({ ...QUIET, store, ...others }), async (req, res) => {
      seen = await look(req, store);
      res.end();
    });
    const { cookies } = await site.send('/', { cookie: cookieFor('known') });
    return { seen, store, cookies, calls: store.calls.join(' ') };
  }

  it('has only data and cookie as enumerable properties (R73)', async () => {
    const { seen } = await visit(({ session: found }) => ({
      shown: Object.keys(found).sort(),
      own: Object.getOwnPropertyNames(found).sort(),
      fixed: ['req', 'id'].map((name) => Object.getOwnPropertyDescriptor(found, name)),
    }));
    expect(seen.shown).toEqual(['a', 'cookie']);
    expect(seen.own).toEqual(['a', 'cookie', 'id', 'reload', 'req', 'save']);
    for (const property of seen.fixed)
      expect(property).toMatchObject({ enumerable: false, writable: false, configurable: false });
  });

  it('refuses an assignment to its id (R73, R80)', () => {
    const one = new Session(bareRequest('a'));
    expect(() => ((one as { id: string }).id = 'b')).toThrow(TypeError);
    expect(one.id).toBe('a');
  });

  it('copies data, also inherited, but no name of its own (R74)', () => {
    const names = '{"own":2,"save":1,"id":1,"req":1,"toString":1,"__proto__":{"polluted":1}}';
    const data = Object.setPrototypeOf(JSON.parse(names), { inherited: 1 }) as unknown;
    const one = new Session(bareRequest('a'), data);
    expect({ ...one }).toEqual({ inherited: 1, own: 2 });
    expect(one).toBeInstanceOf(Session);
    expect(typeof one.save).toBe('function');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([undefined, null, 'text', 1])('copies nothing of %p (R74)', (data) => {
    expect(Object.keys(new Session(bareRequest('a'), data))).toEqual([]);
  });

  it.each(['a', 7, undefined])('has the id of the request at construction: %p (R75)', (id) => {
    const req = bareRequest(id);
    const one = new Session(req);
    Object.assign(req, { sessionID: 'later' });
    expect(one.id).toBe(id);
  });

  it('has its methods on the prototype, not enumerable (R76)', () => {
    const properties = Object.getOwnPropertyDescriptors(Session.prototype);
    expect(Object.keys(properties).sort()).toEqual([
      ...['constructor', 'destroy', 'regenerate', 'reload', 'resetMaxAge', 'save', 'touch'],
    ]);
    for (const [name, property] of Object.entries(properties)) {
      if (name !== 'constructor' || _ !== 'express-session')
        expect(property).toMatchObject({ writable: true, configurable: true, enumerable: false });
    }
  });

  it('restarts its lifetime without a store call (R77)', () => {
    const req = { sessionID: 'a', sessionStore: recordingStore(session) } as unknown as SessionedRequest;
    const one = new Session(req);
    for (const method of ['touch', 'resetMaxAge'] as const) {
      one.cookie = new Cookie({ maxAge: 60_000 });
      one.cookie.originalMaxAge = 120_000;
      expect(one[method]()).toBe(one);
      expect(one.cookie.maxAge).toBeGreaterThan(60_000);
      expect(one.cookie.maxAge).toBeLessThanOrEqual(120_000);
    }
    expect((req.sessionStore as unknown as { calls: string[] }).calls).toEqual([]);
  });

  it('reloads into another object; changes are lost (R78)', async () => {
    const { seen, calls } = await visit(async (req) => {
      const old = req.session;
      old['a'] = 2;
      const error = await errorOf((done) => old.reload(done));
      return {
        error,
        isOther: req.session !== old,
        a: req.session['a'],
        stale: old['a'],
        id: req.session.id,
      };
    });
    expect(seen).toEqual({ error: undefined, isOther: true, a: 1, stale: 2, id: 'known' });
    expect(calls).toBe('get get touch');
  });

  it('stays unchanged if a reload fails, and is saved with its changes (R79, W23)', async () => {
    const { seen, store } = await visit(async (req, recording) => {
      const old = req.session;
      old['a'] = 2;
      delete recording.sessions['known'];
      const error = await errorOf((done) => old.reload(done));
      return { error, isSame: req.session === old };
    });
    expect(seen).toEqual({ error: new Error('failed to load session'), isSame: true });
    expect(dataOf(store, 'known')).toEqual({ a: 2 });
  });

  it('passes on an error of the store at a reload (R79)', async () => {
    const problem = new Error('get');
    const { seen } = await visit(async (req, recording) => {
      Object.assign(recording, { get: (_id: string, done: (error: unknown) => void) => done(problem) });
      return errorOf((done) => req.session.reload(done));
    });
    expect(seen).toBe(problem);
  });

  it('can fail to reload many times in a row (R79)', async () => {
    const { seen } = await visit(async (req, recording) => {
      delete recording.sessions['known'];
      const { reload } = req.session;
      for (let round = 0; round < 500; round++) await errorOf((done) => req.session.reload(done));
      return req.session.reload === reload;
    });
    expect(seen).toBe(true);
  });

  it('is removed from the request immediately by destroy; the browser keeps its cookie (R81, W20)', async () => {
    const { seen, store, cookies, calls } = await visit(async (req) => {
      const found = req.session;
      let returned: unknown;
      let atOnce: unknown;
      await errorOf((done) => {
        returned = found.destroy(done);
        atOnce = 'session' in req;
      });
      return { returned: returned === found, atOnce, id: req.sessionID };
    });
    expect(seen).toEqual({ returned: true, atOnce: false, id: 'known' });
    expect(store.sessions).toEqual({});
    expect(cookies).toEqual([]);
    expect(calls).toBe('get destroy');
  });

  it('can be destroyed without a callback (R81)', async () => {
    const { store } = await visit((req) => void req.session.destroy());
    expect(store.sessions).toEqual({});
  });

  it('is destroyed a second time at the end with unset: destroy (R81)', async () => {
    const { calls } = await visit((req) => errorOf((done) => req.session.destroy(done)), {
      unset: 'destroy',
    });
    expect(calls).toBe('get destroy destroy');
  });

  it.each([true, false])(
    'is another object with another id after regenerate, and is saved (saveUninitialized %p) (R82)',
    async (saveUninitialized) => {
      const { seen, store, cookies } = await visit(
        async (req) => {
          const old = req.session;
          old.cookie.maxAge = 5000;
          await errorOf((done) => old.regenerate(done));
          return {
            isOther: req.session !== old,
            keys: Object.keys(req.session),
            id: req.session.id,
            isCurrent: req.sessionID === req.session.id,
            maxAge: req.session.cookie.originalMaxAge,
          };
        },
        { saveUninitialized, cookie: { maxAge: 60_000 } },
      );
      expect(seen).toMatchObject({ isOther: true, keys: ['cookie'], isCurrent: true });
      // Not the five seconds of the old one. Some time may have passed since it was set.
      expect(Math.abs(seen.maxAge! - 60_000)).toBeLessThan(20_000);
      expect(Object.keys(store.sessions)).toEqual([seen.id]);
      expect(cookies).toHaveLength(1);
    },
  );

  it('is returned by its methods (R83)', async () => {
    const store = new session.MemoryStore();
    store.generate = (req) => void Object.assign(req, { sessionID: 'b' });
    const req = { sessionID: 'a', sessionStore: store } as unknown as SessionedRequest;
    const one = new Session(req);
    one.cookie = new Cookie();
    expect(one.save()).toBe(one);
    await errorOf((done) => expect(one.save(done)).toBe(one));
    await errorOf((done) => expect(one.reload(done)).toBe(one));
    await errorOf((done) => expect(one.regenerate(done)).toBe(one));
    await errorOf((done) => expect(one.destroy(done)).toBe(one));
  });

  it('returns undefined from save and reload in a request (R83)', async () => {
    const { seen } = await visit(async (req) => {
      const returned: unknown[] = [];
      returned.push(req.session.save());
      await errorOf((done) => returned.push(req.session.save(done)));
      await errorOf((done) => returned.push(req.session.reload(done)));
      return returned;
    });
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  it('needs a callback for reload (R83)', () => {
    const store = Object.assign(new session.MemoryStore(), {
      get: (_id: string, done: (error: null, found: object) => void) =>
        done(null, { cookie: { ...PLAIN_COOKIE } }),
    });
    const one = new Session({ sessionID: 'a', sessionStore: store });
    expect(() => (one.reload as unknown as () => void)()).toThrow(/is not a function/);
  });
});

describe('a session that was destroyed', () => {
  it.each([
    ['is stored again by express-session', IMPLEMENTATIONS[0]!, ['known']],
    ['stays destroyed in nest-session/express', IMPLEMENTATIONS[1]!, []],
  ])('%s when its old object is saved (R81, W6)', async (_what, [, session], ids) => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      const old = req.session;
      await errorOf((done) => old.destroy(done));
      await errorOf((done) => old.save(done));
      res.end();
    });
    await site.send('/', { cookie: cookieFor('known') });
    expect(Object.keys(store.sessions)).toEqual(ids);
  });

  it('can be generated again with the same id by genid', async () => {
    const [, session] = IMPLEMENTATIONS[1]!;
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serve(session({ ...QUIET, store, genid: () => 'known' }), async (req, res) => {
      await errorOf((done) => req.session.regenerate(done));
      req.session['b'] = 2;
      res.end();
    });
    await site.send('/', { cookie: cookieFor('known') });
    expect(dataOf(store, 'known')).toEqual({ b: 2 });
  });
});
