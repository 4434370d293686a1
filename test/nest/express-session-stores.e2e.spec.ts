import { mkdtempSync, rmSync } from 'node:fs';
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Controller, Get, Injectable, Param, Post, type LoggerService } from '@nestjs/common';
import { jest } from '@jest/globals';
import expressSession from 'express-session';
import { FakeClock } from 'nest-session/testing';
import {
  Session,
  SessionModule,
  SessionStore,
  type AnyStore,
  type SessionEvent,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import sessionFileStore from 'session-file-store';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { listen } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';
import { isLogged } from '../../lib/http/describe-event.js';

type Callback = (error?: unknown, session?: unknown) => void;

/** Sessions as JSON texts. The stores below return results in the different ways of published stores. */
class Texts {
  readonly texts = new Map<string, string>();
  read(id: string): unknown {
    const text = this.texts.get(id);
    return text === undefined ? undefined : JSON.parse(text);
  }
  write(id: string, session: unknown): void {
    this.texts.set(id, JSON.stringify(session));
  }
}
class CallbackStore extends EventEmitter {
  readonly sessions = new Texts();
  get(id: string, callback: Callback) {
    setImmediate(() => callback(null, this.sessions.read(id)));
  }
  set(id: string, session: unknown, callback: Callback) {
    this.sessions.write(id, session);
    setImmediate(callback);
  }
  destroy(id: string, callback: Callback) {
    this.sessions.texts.delete(id);
    setImmediate(callback);
  }
}
@Injectable()
class SynchronousStore {
  readonly sessions = new Texts();
  get(id: string, callback: Callback) {
    callback(null, this.sessions.read(id));
    callback(null, undefined);
  }
  set(id: string, session: unknown, callback: Callback) {
    this.sessions.write(id, session);
    (session as { __lastAccess?: number }).__lastAccess = 1;
    callback();
  }
  destroy(id: string, callback: Callback) {
    callback(this.sessions.texts.delete(id) ? null : Object.assign(new Error('no file'), { code: 'ENOENT' }));
  }
}
class PromiseStore {
  readonly sessions = new Texts();
  async get(id: string) {
    return this.sessions.read(id) ?? null;
  }
  async set(id: string, session: unknown) {
    this.sessions.write(id, session);
  }
  async destroy(id: string) {
    this.sessions.texts.delete(id);
  }
}
class MissingByErrorStore extends CallbackStore {
  override get(id: string, callback: Callback) {
    const found = this.sessions.read(id);
    if (found === undefined) callback(Object.assign(new Error('no file'), { code: 'ENOENT' }));
    else callback(null, found);
  }
}
class BothStore {
  readonly sessions = new Texts();
  // As connect-redis: a callback with a default, and a promise of what the callback returned.
  async get(id: string, callback: Callback = () => undefined) {
    return callback(null, this.sessions.read(id));
  }
  async set(id: string, session: unknown, callback: Callback = () => undefined) {
    this.sessions.write(id, session);
    return callback();
  }
  async destroy(id: string, callback: Callback = () => undefined) {
    this.sessions.texts.delete(id);
    return callback();
  }
}

@Controller()
class AppController {
  @Get('all') all(@Session() session: UserSession) {
    return { ...session };
  }
  @Post('set/:name') async set(@Session() session: UserSession, @Param('name') name: string) {
    session[name] = name;
    await new Promise((resolve) => setImmediate(resolve));
    return {};
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.regenerate({ keep: ['cart'] });
    session['user'] = 'käse 🍪';
    await session.save();
    return {};
  }
  @Post('not-remembered') async notRemembered(@Session() session: UserSession) {
    session.cookie.maxAge = null;
    session.cookie.path = '/app';
    session['user'] = 'u1';
    await session.save();
    session['again'] = true;
    await session.save();
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
}

const KINDS: [string, () => { store: AnyStore; sessions: Texts }][] = [
  CallbackStore,
  SynchronousStore,
  PromiseStore,
  MissingByErrorStore,
  BothStore,
].map((Kind) => [
  Kind.name,
  () => {
    const store = new Kind();
    return { store, sessions: store.sessions };
  },
]);

describe.each(ADAPTERS)('a store made for express-session, in the module on %s', (_, adapter) => {
  let running: RunningApp;
  afterEach(() => running.app.close());

  it.each(KINDS)('works as %s: visit, login, logout, concurrent requests', async (_kind, make) => {
    const { store, sessions } = make();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [AppController],
    });
    expect(running.app.get(SessionStore)).toBe(store);
    const browser = new Browser(running.url);
    expect(await browser.get('/all')).toEqual({});
    expect(sessions.texts.size).toBe(0);
    await browser.post('/set/cart');
    const before = browser.clone();
    await browser.post('/login');
    expect(await browser.get('/all')).toEqual({ cart: 'cart', user: 'käse 🍪' });
    expect(await before.get('/all')).toEqual({});
    const names = Array.from({ length: 50 }, (__, n) => `k${n}`);
    await Promise.all(names.map((name) => browser.clone().post(`/set/${name}`)));
    expect(Object.keys(await browser.get<object>('/all'))).toHaveLength(52);
    const late = browser.clone();
    await Promise.all([late.post('/set/late'), browser.post('/logout')]);
    expect(await late.get('/all')).toEqual({});
    expect(sessions.texts.size).toBe(0);
  });

  it('can be given as a class and by a factory', async () => {
    for (const store of [SynchronousStore, { useFactory: () => new CallbackStore() }]) {
      running = await startApp(adapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, store })],
        controllers: [AppController],
      });
      const browser = new Browser(running.url);
      await browser.post('/set/a');
      expect(await browser.get('/all')).toEqual({ a: 'a' });
      await running.app.close();
    }
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRootAsync({ useFactory: () => ({ secret: SECRET, store: new PromiseStore() }) }),
      ],
      controllers: [AppController],
    });
    const browser = new Browser(running.url);
    await browser.post('/set/a');
    expect(await browser.get('/all')).toEqual({ a: 'a' });
  });

  it('keeps the cookie settings of a session, such as a cookie that ends with the browser', async () => {
    const store = new CallbackStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, cookie: { maxAge: 604_800_000 } })],
      controllers: [AppController],
    });
    const browser = new Browser(running.url);
    const login = await browser.post('/not-remembered');
    expect(login.headers.getSetCookie()[0]).toMatch(/Path=\/app; HttpOnly; SameSite=Lax$/);
    const next = await browser.post('/set/next');
    expect(next.headers.getSetCookie()).toEqual([]);
    const [text] = store.sessions.texts.values();
    expect(JSON.parse(text!)).toMatchObject({ next: 'next', cookie: { originalMaxAge: null, path: '/app' } });
  });

  it('touches sessions in use at touchEvery, and ends them at the absolute timeout', async () => {
    const store = new CallbackStore();
    const clock = new FakeClock();
    const now = jest.spyOn(Date, 'now').mockImplementation(() => clock.now());
    try {
      const timeouts = { idle: 1_800_000, touchEvery: 300_000, absolute: 7_200_000 };
      running = await startApp(adapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, store, clock, timeouts })],
        controllers: [AppController],
      });
      const browser = new Browser(running.url);
      await browser.post('/set/a');
      for (let used = 0; used < 7_200_000 - 360_000; used += 360_000) {
        clock.advance(360_000);
        expect(await browser.get('/all')).toEqual({ a: 'a' });
        const [text] = store.sessions.texts.values();
        expect(JSON.parse(text!)).toMatchObject({ 'nest-session': { touchedAt: clock.now() } });
      }
      clock.advance(360_000);
      expect(await browser.get('/all')).toEqual({});
    } finally {
      now.mockRestore();
    }
  });

  it('loses no update with a store that reads and writes slowly and out of order', async () => {
    const store = new CallbackStore();
    const { get, set } = store;
    let turn = 0;
    const later = (step: () => void): void => {
      let left = (turn++ * 7) % 11;
      const wait = (): void => void (left-- > 0 ? setImmediate(wait) : step());
      wait();
    };
    store.get = (id, callback) => later(() => get.call(store, id, callback));
    store.set = (id, session, callback) => {
      const copy: unknown = JSON.parse(JSON.stringify(session));
      later(() => set.call(store, id, copy, callback));
    };
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [AppController],
    });
    const browser = new Browser(running.url);
    await browser.post('/set/a');
    const names = Array.from({ length: 40 }, (__, n) => `k${n}`);
    await Promise.all(names.map((name) => browser.clone().post(`/set/${name}`)));
    expect(Object.keys(await browser.get<object>('/all')).sort()).toEqual(['a', ...names].sort());
  });

  it('logs the error of the store without the id in its message (S-66)', async () => {
    const store = new CallbackStore();
    const lines: string[] = [];
    const logger: LoggerService = {
      log() {},
      warn() {},
      error: (...args) => void lines.push(inspect(args, { depth: 10 })),
    };
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [AppController],
      prepare: (app) => app.useLogger(logger),
    });
    const browser = new Browser(running.url);
    await browser.post('/set/a');
    const [id] = store.sessions.texts.keys();
    store.get = (requested, callback) => callback(new Error(`EACCES: sessions/${requested}.json`));
    expect((await browser.fetch('/all')).status).toBe(503);
    expect(lines.join()).toContain('EACCES: sessions/(id).json');
    expect(lines.join()).not.toContain(id);
  });

  it('rejects attribute names that such a store cannot store', async () => {
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store: new CallbackStore() })],
      controllers: [AppController],
    });
    const browser = new Browser(running.url);
    expect((await browser.post('/set/resetMaxAge')).status).toBe(500);
    expect((await browser.post('/set/req')).status).toBe(500);
    expect(browser.jar.size).toBe(0);
  });

  it('logs its limits once at startup', async () => {
    const lines: string[] = [];
    const logger: LoggerService = { log: (line) => void lines.push(String(line)), warn() {}, error() {} };
    const imports = [SessionModule.forRoot({ secret: SECRET, store: new PromiseStore() })];
    running = await startApp(adapter, { imports, prepare: (app) => app.useLogger(logger) });
    expect(lines.filter((line) => line.includes('made for express-session'))).toHaveLength(1);
  });

  it('causes a 503 from "disconnect" to "connect"', async () => {
    const store = new CallbackStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [AppController],
    });
    const browser = new Browser(running.url);
    await browser.post('/set/a');
    store.emit('disconnect');
    expect((await browser.fetch('/all')).status).toBe(503);
    store.emit('connect');
    expect(await browser.get('/all')).toEqual({ a: 'a' });
  });

  describe('that has emitted "disconnect"', () => {
    /** A disconnected store that records its calls, and a browser with a session in it. */
    const disconnected = async (options: Partial<SessionModuleOptions> = {}) => {
      const store = new CallbackStore();
      const calls: string[] = [];
      for (const method of ['get', 'set', 'destroy'] as const) {
        const original = store[method] as (...args: unknown[]) => void;
        Object.assign(store, {
          [method]: (...args: unknown[]) => {
            calls.push(method);
            original.apply(store, args);
          },
        });
      }
      const events: SessionEvent[] = [];
      running = await startApp(adapter, {
        imports: [
          SessionModule.forRoot({
            secret: SECRET,
            store,
            onEvent: (event) => isLogged(event) && events.push(event),
            ...options,
          }),
        ],
        controllers: [AppController],
      });
      const browser = new Browser(running.url);
      await browser.post('/set/a');
      store.emit('disconnect');
      calls.length = 0;
      return { store, calls, events, browser };
    };

    it('is not called: logins and logouts get a 503, and store-down is emitted once', async () => {
      const { store, calls, events, browser } = await disconnected();
      const statuses = [
        (await new Browser(running.url).post('/set/b')).status,
        (await new Browser(running.url).post('/login')).status,
        (await browser.clone().post('/logout')).status,
        (await browser.fetch('/all')).status,
      ];
      expect(statuses).toEqual([503, 503, 503, 503]);
      expect(calls).toEqual([]);
      expect(events.map(({ type }) => type)).toEqual(['store-down']);
      expect((events[0] as { error: Error }).error.cause).toMatchObject({
        message: expect.stringContaining('disconnect') as string,
      });
      store.emit('connect');
      expect((await new Browser(running.url).post('/set/b')).status).toBe(201);
      expect(await browser.get('/all')).toEqual({ a: 'a' });
    });

    it('lets requests continue without their sessions with onStoreError "anonymous"', async () => {
      const { calls, browser } = await disconnected({ onStoreError: 'anonymous' });
      expect(await browser.get('/all')).toEqual({});
      expect((await browser.post('/set/b')).status).toBe(503);
      expect((await new Browser(running.url).post('/set/b')).status).toBe(503);
      expect(calls).toEqual([]);
    });

    it('is not called any more by a request that has loaded its session before', async () => {
      const { store, calls, browser } = await disconnected();
      store.emit('connect');
      const { get } = store;
      store.get = (id, callback) => {
        get.call(store, id, (error, found) => {
          callback(error, found);
          store.emit('disconnect');
        });
      };
      expect((await browser.clone().post('/logout')).status).toBe(503);
      expect(calls).toEqual(['get']);
      expect(store.sessions.texts.size).toBe(1);
    });
  });

  it('shares its sessions with express-session in both directions, on session-file-store (S-79)', async () => {
    const path = mkdtempSync(join(tmpdir(), 'nest-session-'));
    const FileStore = sessionFileStore(expressSession);
    const store = new FileStore({ path, reapInterval: -1, retries: 1, logFn: () => undefined });
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, cookie: { maxAge: 3_600_000 } })],
      controllers: [AppController],
    });
    const theirs = expressSession({
      secret: SECRET,
      store,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 3_600_000 },
    });
    const server = await listen((req, res) =>
      theirs(req as never, res as never, () => {
        const { session } = req as unknown as { session: Record<string, unknown> };
        if (req.method === 'POST') session['theirs'] = Number(session['theirs'] ?? 0) + 1;
        const { cookie: _cookie, 'nest-session': _stamp, ...data } = session;
        res.end(JSON.stringify(data));
      }),
    );
    try {
      const browser = new Browser('');
      const to = (url: string): Browser => new Browser(url, browser.jar);
      const copyCookies = (other: Browser): void =>
        other.jar.forEach((value, name) => browser.jar.set(name, value));
      for (let round = 0; round < 5; round++) {
        const there = to(server.url);
        // express-session may save until the body has ended (W1).
        await (await there.post('/')).text();
        copyCookies(there);
        const here = to(running.url);
        await here.post(`/set/ours${round}`);
        copyCookies(here);
      }
      const expected = {
        theirs: 5,
        ours0: 'ours0',
        ours1: 'ours1',
        ours2: 'ours2',
        ours3: 'ours3',
        ours4: 'ours4',
      };
      expect(await to(running.url).get('/all')).toMatchObject(expected);
      expect(await to(server.url).get('/')).toMatchObject(expected);
    } finally {
      await server.close();
      rmSync(path, { recursive: true, force: true });
    }
  });
});
