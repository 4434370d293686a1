import type { Express, Request, Response } from 'express';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { MemorySessionStore, sessionMiddleware } from 'nest-session/http';
import { dropIn, EXPRESS_VERSIONS, OPTIONS } from '../../support/express-apps.js';
import { Browser } from '../../support/browser.js';
import { CountingStore } from '../../support/counting-store.js';
import { listen, type RunningServer } from '../../support/http-server.js';
import { SECRET } from '../../support/secret.js';

/** The first request lets the server prepare those that follow: each test asks twice. */
const EACH_TIME = ['first', 'second'];

describe.each(EXPRESS_VERSIONS)('on %s, a request that its server has prepared', (_, make) => {
  let app: Express;
  let store: MemorySessionStore;
  let running: RunningServer | undefined;
  beforeEach(() => {
    app = make();
    store = new MemorySessionStore();
  });
  afterEach(() => running?.close());

  const session = (path = '/') => sessionMiddleware({ secret: SECRET, store, cookie: { path } });
  const open = async (): Promise<Browser> => {
    running = await listen(app as never);
    return new Browser(running.url);
  };
  const answers = async (browser: Browser, path = '/'): Promise<string[]> => {
    const texts: string[] = [];
    for (const time of EACH_TIME) texts.push(`${time}: ${await (await browser.fetch(path)).text()}`);
    return texts;
  };

  it('has its session', async () => {
    app.use(session());
    app.get('/', (req, res) => {
      const { session } = req as Request & { session: { visits?: number } };
      session.visits = (session.visits ?? 0) + 1;
      res.send(String(session.visits));
    });
    expect(await answers(await open())).toEqual(['first: 1', 'second: 2']);
  });

  it('has no session outside the cookie path, and keeps what is assigned there', async () => {
    app.use(session('/account'));
    app.get('/', (req, res) => {
      const own = req as Request & Record<string, unknown>;
      const before = [own['session'], own['sessionID'], own['sessionStore']];
      Object.assign(own, { session: 'mine', sessionID: 'my id', sessionStore: 'my store' });
      const after = [own['session'], own['sessionID'], own['sessionStore']];
      res.send(
        JSON.stringify([before, after, Reflect.deleteProperty(own, 'session'), own['session'] === undefined]),
      );
    });
    const expected = JSON.stringify([[null, null, null], ['mine', 'my id', 'my store'], true, true]);
    expect(await answers(await open())).toEqual(EACH_TIME.map((time) => `${time}: ${expected}`));
  });

  it('has no session outside the cookie path as a prototype of another object', async () => {
    app.use(session('/account'));
    app.get('/', (req, res) => {
      const upon = Object.create(req) as { session?: unknown };
      const before = upon.session;
      upon.session = 'its own';
      res.send(JSON.stringify([before, upon.session, (req as { session?: unknown }).session]));
    });
    const expected = JSON.stringify([null, 'its own', null]);
    expect(await answers(await open())).toEqual(EACH_TIME.map((time) => `${time}: ${expected}`));
  });

  it('can have a session of express-session outside the cookie path', async () => {
    app.use(session('/account'));
    app.use('/', dropIn({ ...OPTIONS, name: 'other.sid' }));
    app.get('/', (req, res) => {
      const { session } = req as Request & { session: { visits?: number } };
      session.visits = (session.visits ?? 0) + 1;
      res.send(String(session.visits));
    });
    expect(await answers(await open())).toEqual(['first: 1', 'second: 2']);
  });

  it('passes an error to next if another middleware has defined req.session', async () => {
    app.use((req, _, next) => {
      Object.defineProperty(req, 'session', { get: () => ({}), configurable: true });
      next();
    }, session());
    app.use((error: Error, _: Request, res: Response, next: () => void) => {
      res.send(error.message);
      next();
    });
    const message = expect.stringContaining('req.session is taken by another session middleware') as string;
    expect(await answers(await open())).toEqual([message, message]);
  });

  it('ends the session on delete req.session, read or not', async () => {
    app.use(sessionMiddleware({ secret: SECRET, store, unset: 'destroy' }));
    app.get('/login', (req, res) => {
      Object.assign((req as Request & { session: object }).session, { user: 'ada' });
      res.send('');
    });
    app.get('/logout', (req, res) => {
      res.send(String(delete (req as { session?: unknown }).session));
    });
    const browser = await open();
    for (const _ of EACH_TIME) {
      await browser.fetch('/login');
      await browser.fetch('/logout');
      expect(store.size).toBe(0);
    }
  });

  it('waits for the commit in an application that is mounted or called', async () => {
    const [mounted, called] = [make(), make()];
    for (const inner of [mounted, called]) {
      inner.get('/', (req, res) => {
        Object.assign((req as Request & { session: object }).session, { seen: req.originalUrl });
        res.send('stored');
      });
    }
    const slow = new CountingStore(store);
    slow.beforeWrite = () => new Promise(setImmediate);
    app.use(sessionMiddleware({ secret: SECRET, store: slow }));
    app.use('/mounted', mounted);
    app.use('/called', (req, res) => (called as (req: Request, res: Response) => void)(req, res));
    const browser = await open();
    for (const [path, size] of [
      ['/mounted', 1],
      ['/called', 2],
      ['/mounted', 3],
      ['/called', 4],
    ] as const) {
      browser.jar.clear();
      expect(await (await browser.fetch(path)).text()).toBe('stored');
      expect(store.size).toBe(size);
    }
  });

  it.each(['with a session', 'without one'])(
    'calls the output methods that an application gives its responses, %s',
    async (which) => {
      const { response } = app as unknown as { response: ServerResponse };
      response.end = function end(this: ServerResponse, ...args: unknown[]) {
        if (!this.headersSent) this.setHeader('X-End', String(args[0] !== undefined));
        return (ServerResponse.prototype.end as (...args: unknown[]) => ServerResponse).apply(this, args);
      } as never;
      app.use(session(which === 'with a session' ? '/' : '/account'));
      app.get('/', (_, res) => void res.send('x'));
      const browser = await open();
      for (const _ of EACH_TIME) expect((await browser.fetch('/')).headers.get('x-end')).toBe('true');
    },
  );

  it('keeps methods that were set on a response before the framework', async () => {
    app.use(session());
    app.get('/', (_, res) => void res.send('x'));
    running = await listen((req, res) => {
      const { end } = res;
      res.end = function (this: ServerResponse, ...args: unknown[]) {
        if (!this.headersSent) this.setHeader('X-Watched', 'true');
        return (end as (...args: unknown[]) => ServerResponse).apply(this, args);
      } as never;
      (app as unknown as RequestListener)(req, res);
    });
    // As monitoring libraries do, which wrap each response that the server emits.
    const browser = new Browser(running.url);
    for (const _ of EACH_TIME) expect((await browser.fetch('/')).headers.get('x-watched')).toBe('true');
  });

  it('keeps a property that an application gives all its requests', async () => {
    const { request } = app as unknown as { request: object };
    Object.defineProperty(request, 'session', { get: () => ({ mine: true }), configurable: true });
    app.use(sessionMiddleware({ secret: SECRET, store, sessionName: 'other', name: 'other.sid' }));
    app.get('/', (req, res) => void res.send(JSON.stringify((req as { session?: unknown }).session)));
    expect(await answers(await open())).toEqual(['first: {"mine":true}', 'second: {"mine":true}']);
  });

  it('can be the prototype of the response that is sent', async () => {
    app.use(session());
    app.get('/', (_, res) => {
      const wrapped = Object.create(res) as Response;
      wrapped.write('a');
      wrapped.end('b');
    });
    expect(await answers(await open())).toEqual(['first: ab', 'second: ab']);
  });
});

it.each([
  ['sessionMiddleware', sessionMiddleware({ secret: SECRET, store: new MemorySessionStore() })],
  ['the drop-in', dropIn(OPTIONS)],
])('%s serves a request without a connection, as tests create', (_, middleware) => {
  for (const socket of [undefined, null]) {
    const req = Object.assign(Object.create(IncomingMessage.prototype) as IncomingMessage, {
      url: '/',
      headers: {},
    });
    Object.defineProperty(req, 'socket', { value: socket });
    const errors: unknown[] = [];
    middleware(req as never, new ServerResponse(req) as never, (error?: unknown) => void errors.push(error));
    expect(errors).toEqual([undefined]);
  }
});
