import { inherits } from 'node:util';
import expressSession from 'express-session';
import session from 'nest-session/express';
import {
  cookieFor,
  ignoreDeprecations,
  IMPLEMENTATIONS,
  QUIET,
  recordingStore,
  type SessionFunction,
} from './support/entry-implementations.js';
import { errorOf } from './support/end-promises.js';
import { dataOf } from './support/end-store.js';
import { closeSites, serve, type Handled } from './support/entry-server.js';
import { useFrozenTime } from './support/frozen-time.js';

type Method = (...args: unknown[]) => unknown;

ignoreDeprecations();
const undo: (() => void)[] = [];
useFrozenTime(Date.UTC(2030, 0, 1));
afterEach(async () => {
  for (const step of undo.splice(0)) step();
  await closeSites();
});

const KNOWN = { cookie: cookieFor('known') };
const fails = (error: unknown): string => (error instanceof Error ? error.message : 'done');

/** Replaces a method for one test; `wrap` gets the former one. */
function patch(holder: object, name: string, wrap: (former: Method) => Method): void {
  const former = Object.getOwnPropertyDescriptor(holder, name);
  const method = (holder as Record<string, Method>)[name]!;
  Object.defineProperty(holder, name, { value: wrap(method), writable: true, configurable: true });
  undo.push(() => {
    if (former === undefined) Reflect.deleteProperty(holder, name);
    else Object.defineProperty(holder, name, former);
  });
}

describe.each(IMPLEMENTATIONS)('a session of %s', (_, session) => {
  it.each([null, undefined, 0, ''])(
    'accepts %p in place of a callback of save and destroy (R81, R83)',
    async (none) => {
      const store = recordingStore(session, { known: { a: 1 } });
      const { send } = await serve(session({ ...QUIET, store }), (req, res) => {
        req.session['a'] = 2;
        req.session.save(none as never);
        new session.Session({ sessionID: 'other', sessionStore: store }).save(none as never);
        const { session: ended } = req;
        ended.destroy(none as never);
        res.end('ended');
      });
      expect(await send('/', KNOWN)).toMatchObject({ status: 200, body: 'ended' });
      expect(Object.keys(store.sessions)).toEqual(['other']);
    },
  );

  describe('whose prototype is patched', () => {
    it('calls the patched save, in the handler and at the end (R59, R83)', async () => {
      const calls: string[] = [];
      patch(
        session.Session.prototype,
        'save',
        (save) =>
          function (this: Record<string, unknown>, ...args) {
            calls.push(typeof args[0]);
            this['savedBy'] = 'patch';
            return save.apply(this, args);
          },
      );
      const store = recordingStore(session);
      const { send } = await serve(session({ ...QUIET, store, genid: () => 'made' }), async (req, res) => {
        req.session['a'] = 1;
        if (req.url === '/save') await errorOf((done) => req.session.save(done));
        res.end();
      });
      await send('/end');
      expect(calls).toEqual(['function']);
      expect(dataOf(store, 'made')).toEqual({ a: 1, savedBy: 'patch' });
      await send('/save');
      expect(calls.length).toBeGreaterThan(1);
    });

    it('passes the error of the patched save (R61)', async () => {
      patch(session.Session.prototype, 'save', () => (done) => void (done as Method)(new Error('patched')));
      const site = await serve(session(QUIET), async (req, res) => {
        req.session['a'] = 1;
        res.end(fails(await errorOf((done) => req.session.save(done))));
      });
      expect((await site.send()).body).toBe('patched');
    });

    it('calls the patched reload (R78)', async () => {
      const calls: unknown[] = [];
      patch(
        session.Session.prototype,
        'reload',
        (reload) =>
          function (this: Handled['session'], done) {
            calls.push(this.id);
            return reload.call(this, (error: unknown) => {
              this.req.session!['reloaded'] = true;
              (done as Method)(error);
            });
          },
      );
      const store = recordingStore(session, { known: { a: 1 } });
      const { send } = await serve(session({ ...QUIET, store }), async (req, res) => {
        const before = req.session;
        const error = await errorOf((done) => req.session.reload(done));
        await errorOf((done) => req.session.reload(done));
        res.end(JSON.stringify([error, req.session !== before, { ...req.session, cookie: 0 }]));
      });
      const { body } = await send('/', KNOWN);
      expect(JSON.parse(body)).toEqual([null, true, { a: 1, reloaded: true, cookie: 0 }]);
      expect(calls).toEqual(['known', 'known']);
      expect(dataOf(store, 'known')).toEqual({ a: 1, reloaded: true });
    });

    it.each(['destroy', 'regenerate', 'touch', 'resetMaxAge'] as const)(
      'calls the patched %s',
      async (name) => {
        let calls = 0;
        patch(
          session.Session.prototype,
          name,
          (method) =>
            function (this: unknown, ...args) {
              calls++;
              return method.apply(this, args);
            },
        );
        const { send } = await serve(session(QUIET), async (req, res) => {
          if (name === 'destroy' || name === 'regenerate') await errorOf((done) => req.session[name](done));
          res.end('ok');
        });
        expect((await send()).body).toBe('ok');
        expect(calls).toBe(1);
      },
    );
  });

  it('can be the base of an old constructor: Session.call(this) (R73)', () => {
    const Mine = function (this: object, req: object, data: object) {
      (session.Session as unknown as Method).call(this, req, data);
    } as unknown as new (req: object, data: object) => InstanceType<typeof session.Session>;
    inherits(Mine, session.Session);
    const store = recordingStore(session);
    const mine = new Mine({ sessionID: 'a', sessionStore: store }, { n: 1, save: 'no' });
    expect(mine).toBeInstanceOf(session.Session);
    expect({ ...mine }).toEqual({ n: 1 });
    expect(mine.id).toBe('a');
    mine.cookie = new session.Cookie();
    expect(mine.save()).toBe(mine);
    expect(dataOf(store, 'a')).toEqual({ n: 1 });
  });

  it('has a cookie that can be the base of an old constructor: Cookie.call(this) (R88)', () => {
    const Mine = function (this: object, options: object) {
      (session.Cookie as unknown as Method).call(this, options);
    } as unknown as new (options: object) => InstanceType<typeof session.Cookie>;
    inherits(Mine, session.Cookie);
    const mine = new Mine({ path: '/mine', maxAge: 1000 });
    expect(mine).toBeInstanceOf(session.Cookie);
    expect(mine.originalMaxAge).toBe(1000);
    expect(mine.serialize('a', 'b')).toMatch(/^a=b; Path=\/mine; Expires=[^;]+; HttpOnly$/);
    expect(JSON.parse(JSON.stringify(mine))).toMatchObject({ path: '/mine', httpOnly: true });
  });

  it('can be the base of a class, as can its cookie', () => {
    class MySession extends session.Session {
      shout(): string {
        return this.id.toUpperCase();
      }
    }
    class MyCookie extends session.Cookie {}
    const mine = new MySession({ sessionID: 'a', sessionStore: recordingStore(session) });
    expect(mine.shout()).toBe('A');
    expect(new MyCookie({ path: '/x' })).toMatchObject({ path: '/x', httpOnly: true });
    expect(session.Session).toHaveLength(2);
    expect(session.Cookie).toHaveLength(1);
    expect([session.Session.name, session.Cookie.name]).toEqual(['Session', 'Cookie']);
  });
});

/** Stores by the package of their base class, which may differ from that of the application. */
const STORES: readonly (readonly [string, SessionFunction, SessionFunction])[] = [
  ...IMPLEMENTATIONS.map(([name, own]) => [`a store for ${name}`, own, own] as const),
  [
    'a store with the base class of express-session, in nest-session/express',
    session as unknown as SessionFunction,
    expressSession as never,
  ],
];

describe.each(STORES)('%s', (_, session, base) => {
  /** Revives a Date, as stores do for values that JSON does not have. */
  class RevivingStore extends base.MemoryStore {
    override createSession(...args: Parameters<InstanceType<typeof base.Store>['createSession']>) {
      const made = super.createSession(...args);
      const data = made as unknown as Record<string, unknown>;
      if (typeof data['at'] === 'string') data['at'] = new Date(data['at']);
      return made;
    }
  }

  it('creates the sessions that it loads, for example with Dates (R108)', async () => {
    const store = new RevivingStore();
    const { send } = await serve(session({ ...QUIET, store, genid: () => 'known' }), async (req, res) => {
      if (req.url === '/set') req.session['at'] = new Date(5);
      const seen = (): unknown => (req.session['at'] as Date | undefined)?.getTime?.();
      const first = seen();
      if (req.url === '/reload') await errorOf((done) => req.session.reload(done));
      res.end(JSON.stringify([first, seen()]));
    });
    await send('/set');
    expect((await send('/', KNOWN)).body).toBe('[5,5]');
    expect((await send('/reload', KNOWN)).body).toBe('[5,5]');
  });

  it('creates new sessions by a wrapped generate (R16, R30)', async () => {
    const store = new base.MemoryStore();
    const handler = session({ ...QUIET, store, genid: () => 'made' });
    const { generate } = store;
    store.generate = (req) => {
      generate.call(store, req);
      req.session!['csrf'] = 'token';
    };
    const { send } = await serve(handler, async (req, res) => {
      const first = req.session['csrf'];
      if (req.url === '/login') await errorOf((done) => req.session.regenerate(done));
      if (req.url !== '/look') req.session['a'] = 1;
      res.end(JSON.stringify([first, req.session['csrf']]));
    });
    expect(await send('/look')).toMatchObject({ body: '["token","token"]', cookies: [] });
    expect((await send('/login')).body).toBe('["token","token"]');
    expect(dataOf(store, 'made')).toEqual({ csrf: 'token', a: 1 });
    expect((await send('/set', { cookie: cookieFor('gone') })).body).toBe('["token","token"]');
  });

  it('creates new sessions by its own generate', async () => {
    const store = recordingStore(base);
    const handler = session({ ...QUIET, store });
    store.generate = (req) => {
      req.sessionID = 'own';
      const made = Object.assign(new base.Session(req), { cookie: new base.Cookie({ path: '/' }), n: 1 });
      req.session = made as never;
    };
    const { send } = await serve(handler, async (req, res) => {
      req.session['n'] = 2;
      if (req.url === '/save') await errorOf((done) => req.session.save(done));
      res.end();
    });
    const response = await send('/save');
    expect(response.cookies[0]).toContain(cookieFor('own'));
    expect(dataOf(store, 'own')).toEqual({ n: 2 });
    expect(store.calls).toEqual(['set']);
    await send('/', { cookie: response.cookies[0]!.split(';')[0]! });
    expect(store.calls.slice(1)).toEqual(['get', 'touch']);
  });

  it('can create sessions of its own class', async () => {
    class AppSession extends base.Session {
      get isAdmin(): boolean {
        return (this as unknown as { role?: string }).role === 'admin';
      }
    }
    class AppStore extends base.MemoryStore {
      override createSession(...[req, stored]: Parameters<InstanceType<typeof base.Store>['createSession']>) {
        const { cookie } = super.createSession(req, stored);
        const made = Object.assign(new AppSession(req, stored), { cookie });
        req.session = made as never;
        return made;
      }
    }
    const store = new AppStore();
    store.sessions['known'] = JSON.stringify({ cookie: { originalMaxAge: null }, role: 'admin' });
    const { send } = await serve(session({ ...QUIET, store }), async (req, res) => {
      const { isAdmin } = req.session as unknown as AppSession;
      req.session['n'] = 1;
      const saved = await errorOf((done) => req.session.save(done));
      res.end(JSON.stringify([isAdmin, saved]));
    });
    expect((await send('/', KNOWN)).body).toBe('[true,null]');
    expect(dataOf(store, 'known')).toEqual({ role: 'admin', n: 1 });
  });
});

describe('a store with the base class of express-session, in nest-session/express', () => {
  it.each(['/', '/reload'])('creates sessions and cookies of this package at %s', async (path) => {
    const store = new expressSession.MemoryStore();
    const kept = (store as unknown as { sessions: Record<string, string> }).sessions;
    kept['known'] = JSON.stringify({
      cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) },
    });
    const { send } = await serve(session({ ...QUIET, store }), async (req, res) => {
      if (path === '/reload') await errorOf((done) => req.session.reload(done));
      const { session: mine } = req;
      res.end(JSON.stringify([mine instanceof session.Session, mine.cookie instanceof session.Cookie]));
    });
    expect((await send(path, KNOWN)).body).toBe('[true,true]');
  });
});
