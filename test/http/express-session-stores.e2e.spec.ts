import { jest } from '@jest/globals';
import express from 'express';
import expressSession from 'express-session';
import memoryStore from 'memorystore';
import { hours, minutes, sessionMiddleware, type SessionMiddlewareOptions } from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { Browser } from '../support/browser.js';
import {
  listen,
  type PlainHandler,
  type RunningServer,
  type SessionRequest,
} from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

/** Sets, reads and destroys a session, by the path of the request. */
const handler: PlainHandler = async (req, res) => {
  if (req.url === '/set') req.session['user'] = 'u1';
  if (req.url === '/destroy') await req.session.destroy();
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify({ ...req.session }));
};

type Serve = (options: SessionMiddlewareOptions) => Promise<RunningServer>;

const onNodeHttp: Serve = (options) => {
  const session = sessionMiddleware(options);
  return listen((req, res) =>
    session(req, res, (error) => {
      if (error === undefined) return void handler(req as SessionRequest, res);
      res.statusCode = (error as { statusCode: number }).statusCode;
      res.end('{}');
    }),
  );
};

const onExpress: Serve = (options) => {
  const app = express();
  app.set('env', 'test'); // Express logs errors in any other environment.
  app.use(sessionMiddleware(options));
  app.use((req, res, next) => void Promise.resolve(handler(req as never, res)).catch(next));
  return listen(app);
};

type Callback = (error: unknown, sessions?: object) => void;
interface CountableStore {
  get(id: string, callback: Callback): void;
  set(id: string, session: never, callback?: Callback): void;
  destroy(id: string, callback?: Callback): void;
  all(callback: Callback): void;
}

const STORES: [string, () => CountableStore][] = [
  ['MemoryStore of express-session', () => new expressSession.MemoryStore() as never],
  ['memorystore', () => new (memoryStore(expressSession))({}) as never],
];
const CASES = [onNodeHttp, onExpress].flatMap((serve) =>
  STORES.map(([name, make]) => [serve === onExpress ? 'Express' : 'node:http', name, serve, make] as const),
);

describe.each(CASES)('sessionMiddleware on %s with the %s', (_server, _store, serve, makeStore) => {
  let store: CountableStore;
  let running: RunningServer;
  const start = async (options: Partial<SessionMiddlewareOptions> = {}): Promise<Browser> => {
    store = makeStore();
    running = await serve({ secret: SECRET, store, ...options });
    return new Browser(running.url);
  };
  const storedSessions = (): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      store.all((error, sessions) =>
        sessions ? resolve(Object.values(sessions)) : reject(new Error('not listed', { cause: error })),
      );
    });
  afterEach(() => running.close());

  it('stores, reads and destroys a session (S-79)', async () => {
    const browser = await start();
    expect(await browser.get('/')).toEqual({});
    expect(await storedSessions()).toEqual([]);
    expect(await browser.get('/set')).toEqual({ user: 'u1' });
    expect(await browser.get('/')).toEqual({ user: 'u1' });
    expect(await storedSessions()).toEqual([expect.objectContaining({ user: 'u1' })]);
    await browser.get('/destroy');
    expect(browser.jar.size).toBe(0);
    expect(await storedSessions()).toEqual([]);
  });

  it('reads a session of express-session, and express-session reads it afterwards', async () => {
    const browser = await start();
    const theirs = expressSession({
      secret: SECRET,
      store: store as never,
      resave: false,
      saveUninitialized: false,
    });
    const app = express().use(theirs, (req, res) => {
      if (req.url === '/theirs') Object.assign(req.session, { theirs: true });
      res.json(req.session);
    });
    const other = await listen(app);
    try {
      const there = new Browser(other.url);
      await there.get('/theirs');
      const here = new Browser(running.url, there.jar);
      expect(await here.get('/set')).toEqual({ theirs: true, user: 'u1' });
      expect(await there.get('/')).toMatchObject({ theirs: true, user: 'u1' });
      expect(await browser.get('/')).toEqual({});
    } finally {
      await other.close();
    }
  });

  it('ends a session after the idle timeout', async () => {
    const clock = new FakeClock();
    const now = jest.spyOn(Date, 'now').mockImplementation(() => clock.now());
    try {
      const browser = await start({ clock, timeouts: { idle: hours(1) } });
      await browser.get('/set');
      clock.advance(hours(1) - minutes(1));
      expect(await browser.get('/')).toEqual({ user: 'u1' });
      clock.advance(hours(1) - minutes(1));
      expect(await browser.get('/')).toEqual({ user: 'u1' });
      clock.advance(hours(1));
      expect(await browser.get('/')).toEqual({});
    } finally {
      now.mockRestore();
    }
  });

  it.each([
    ['passes an error to its callback', (callback: Callback) => callback(new Error('ECONNREFUSED'))],
    [
      'throws',
      () => {
        throw new Error('ECONNREFUSED');
      },
    ],
    ['never calls back', () => undefined],
  ])('responds 503 while the store %s, and keeps the session', async (_failure, fail) => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const browser = await start({ storeTimeout: 50 });
      await browser.get('/set');
      const { get } = store;
      store.get = (_id, callback) => fail(callback);
      const response = await browser.fetch('/');
      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).toBe('1');
      expect(response.headers.getSetCookie()).toEqual([]);
      store.get = get;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await browser.get('/')).toEqual({ user: 'u1' });
    } finally {
      warning.mockRestore();
    }
  });
});

/** `/set/<name>` sets an attribute, and `/destroy` ends the session. */
const change: PlainHandler = async ({ session, url }, res) => {
  const name = /^\/set\/(.+)/.exec(url!)?.[1];
  if (name !== undefined) session[name] = 1;
  if (url === '/destroy') await session.destroy();
  res.end(JSON.stringify({ ...session }));
};

describe('two middlewares with one store made for express-session', () => {
  const start = async (storeTimeout?: number) => {
    const store = new expressSession.MemoryStore();
    /** Resolves when both requests have loaded their session. */
    let bothLoaded = Promise.resolve();
    let loaded = (): void => undefined;
    const serve = (): Promise<RunningServer> => {
      const session = sessionMiddleware({ secret: SECRET, store, storeTimeout });
      return listen((req, res) =>
        session(req, res, (error) => {
          if (error !== undefined) return void Object.assign(res, { statusCode: 503 }).end();
          loaded();
          void bothLoaded.then(() => change(req as SessionRequest, res));
        }),
      );
    };
    const [first, second] = [await serve(), await serve()];
    const here = new Browser(first.url);
    await here.get('/set/first');
    const there = new Browser(second.url, here.jar);
    const whenBothLoaded = (): void => {
      let missing = 2;
      bothLoaded = new Promise((resolve) => (loaded = () => --missing === 0 && resolve()));
    };
    const stop = () => Promise.all([first.close(), second.close()]);
    return { store, here, there, whenBothLoaded, stop };
  };

  it('keep all attributes that they change concurrently', async () => {
    const { here, there, whenBothLoaded, stop } = await start();
    try {
      const expected: Record<string, number> = { first: 1 };
      for (let round = 0; round < 10; round++) {
        whenBothLoaded();
        const [a, b] = [`a${round}`, `b${round}`];
        await Promise.all([here.get(`/set/${a}`), there.get(`/set/${b}`)]);
        Object.assign(expected, { [a]: 1, [b]: 1 });
      }
      whenBothLoaded();
      const [seenHere, seenThere] = await Promise.all([here.get('/'), there.get('/')]);
      expect(seenHere).toEqual(expected);
      expect(seenThere).toEqual(expected);
    } finally {
      await stop();
    }
  });

  it('destroy a session again when a late write of the other one has restored it', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { store, here, there, stop } = await start(50);
    try {
      const { set } = store;
      let complete!: () => void;
      store.set = (id, session, callback) => {
        complete = () => set.call(store, id, session, callback);
      };
      expect((await here.fetch('/set/late')).status).toBe(503);
      store.set = set;
      await there.fetch('/destroy');
      complete();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(Object.keys((store as unknown as { sessions: object }).sessions)).toEqual([]);
    } finally {
      await stop();
      warning.mockRestore();
    }
  });
});
