import {
  connect,
  createServer as createHttp2Server,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import {
  getSession,
  MemorySessionStore,
  sessionMiddleware,
  type Next,
  type SessionEvent,
  type SessionMiddleware,
  type SessionMiddlewareOptions,
  type UserSession,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import {
  listen,
  listening,
  type PlainHandler,
  type RunningServer,
  type SessionRequest,
} from '../support/http-server.js';
import { cookieOf, rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';

describe('sessionMiddleware on plain node:http', () => {
  let store: CountingStore;
  let running: RunningServer;
  let errors: unknown[];
  beforeEach(() => {
    store = new CountingStore();
    errors = [];
  });
  afterEach(() => running.close());

  /** A server whose handler is the last `next`; errors are answered with what `onError` says. */
  const serve = async (
    handler: PlainHandler,
    options: Partial<SessionMiddlewareOptions> = {},
    onError = answer500,
  ): Promise<Browser> => {
    const session = sessionMiddleware({ secret: SECRET, store, ...options });
    running = await listen((req, res) => {
      session(req, res, (error) => {
        if (error === undefined) return handler(req as SessionRequest, res);
        errors.push(error);
        onError(error, res);
      });
    });
    return new Browser(running.url);
  };
  const answer500 = (error: unknown, res: ServerResponse): void => {
    res.statusCode = (error as { statusCode?: number }).statusCode ?? 500;
    res.end('failed');
  };

  it('keeps a session, in the same tick for a visitor without one (R26)', async () => {
    const session = sessionMiddleware({ secret: SECRET, store });
    let sameTick = false;
    running = await listen((req, res) => {
      let called = false;
      session(req, res, () => {
        called = true;
        const { session: s } = req as SessionRequest;
        s['n'] = Number(s['n'] ?? 0) + 1;
        res.end(String(s['n']));
      });
      sameTick = called;
    });
    const browser = new Browser(running.url);
    expect(await (await browser.fetch('/')).text()).toBe('1');
    expect(sameTick).toBe(true);
    expect(await (await browser.fetch('/')).text()).toBe('2');
    void session.close();
  });

  it('sends no session headers if the handler does not read the session', async () => {
    const browser = await serve((_, res) => res.writeHead(200, { 'X-Own': 'yes' }).end('plain'));
    const answer = await browser.fetch('/');
    expect(answer.headers.get('vary')).toBeNull();
    expect(answer.headers.get('cache-control')).toBeNull();
    expect(await answer.text()).toBe('plain');
  });

  it.each([
    ['public, max-age=60', 'max-age=60, private, no-store'],
    ['private', 'private, no-store'],
    ['no-cache, no-transform', 'no-cache, no-transform, private, no-store'],
    ['no-store', 'no-store'],
    ['no-cache, no-store, must-revalidate', 'no-cache, no-store, must-revalidate'],
  ])(
    'turns Cache-Control "%s" into "%s" where the cookie is set, and only there (S-29)',
    async (chosen, sent) => {
      const browser = await serve((req, res) => {
        res.setHeader('Cache-Control', chosen);
        res.setHeader('Vary', 'Accept-Encoding');
        if (req.url === '/set') req.session['n'] = 1;
        res.end(String(req.session['n']));
      });
      const set = await browser.fetch('/set');
      expect(set.headers.get('cache-control')).toBe(sent);
      expect(set.headers.get('vary')).toBe('Accept-Encoding, Cookie');
      expect((await browser.fetch('/')).headers.get('cache-control')).toBe(chosen);
    },
  );

  it("passes next an error with a status and a cause, without the store's message in what Express shows", async () => {
    const browser = await serve((req, res) => {
      req.session['n'] = 1;
      res.end('saved');
    });
    const cause = new Error('redis://user:password@host is down');
    store.failing = { create: cause };
    const answer = await browser.fetch('/');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe('failed');
    expect(errors).toEqual([expect.objectContaining({ status: 503, statusCode: 503, expose: false })]);
    expect((errors[0] as Error).message).not.toContain('password');
    expect(((errors[0] as Error).cause as Error).cause).toBe(cause);
  });

  it('replaces a success by a 503 if the session was not stored', async () => {
    const browser = await serve(
      (req, res) => {
        req.session['n'] = 1;
        res.end('saved');
      },
      {},
      (_, res) => {
        res.statusCode = 200;
        res.setHeader('Set-Cookie', 'a=1');
        res.end('all is well');
      },
    );
    store.failing = { create: new Error('down') };
    const answer = await browser.fetch('/');
    expect(answer.status).toBe(503);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await answer.json()).toEqual({ statusCode: 503, message: 'Service Unavailable' });
  });

  it('stores what a stream changes after its first byte before the client gets the end (W25)', async () => {
    const browser = await serve(async (req, res) => {
      if (req.url === '/read') return res.end(JSON.stringify({ ...req.session }));
      req.session['start'] = 1;
      res.write('first,');
      await new Promise((resolve) => setImmediate(resolve));
      req.session['end'] = 1;
      res.end('last');
    });
    expect(await (await browser.fetch('/')).text()).toBe('first,last');
    expect(await browser.get('/read')).toEqual({ start: 1, end: 1 });
  });

  it('closes the connection if the commit at the end of a stream fails, so that no client takes it for complete', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await serve(async (req, res) => {
      req.session['start'] = 1;
      await new Promise<void>((resolve) => res.write('first,', () => resolve()));
      store.failing = { patch: new Error('down') };
      req.session['end'] = 1;
      res.end('last');
    });
    const answer = await rawRequest(running.url, '/').answer;
    expect(answer!.body).toContain('first,');
    expect(answer!.body).not.toContain('last');
    expect(answer!.body.endsWith('0\r\n\r\n')).toBe(false);
    expect(warning).toHaveBeenCalledWith(
      expect.stringContaining('The session store fails. '),
      'SessionWarning',
    );
    warning.mockRestore();
  });

  it('stores what a stream changed after its client left', async () => {
    let patched!: () => void;
    const saved = new Promise<void>((resolve) => (patched = resolve));
    await serve((req, res) => {
      req.session['start'] = 1;
      res.write('first,', () => {
        req.session['late'] = 1;
        store.beforeWrite = async () => patched();
      });
    });
    const request = rawRequest(running.url, '/');
    await request.head;
    request.abort();
    await saved;
    expect(store.calls).toEqual(['create', 'patch']);
  });

  it('makes a producer wait during the commit, and continue after it', async () => {
    const seen: unknown[] = [];
    const browser = await serve((req, res) => {
      req.session['n'] = 1;
      seen.push(res.headersSent, res.write('one,'), res.headersSent, res.writableEnded);
      res.once('drain', () => {
        seen.push('drain', res.headersSent);
        res.end('two');
      });
    });
    expect(await (await browser.fetch('/')).text()).toBe('one,two');
    expect(seen).toEqual([false, false, true, false, 'drain', true]);
  });

  it('shows a sent head during the commit: a second head, another header or another status has no effect', async () => {
    const refused: string[] = [];
    const attempt = (step: () => unknown): void => {
      try {
        step();
        refused.push('none');
      } catch (error) {
        refused.push((error as { code: string }).code);
      }
    };
    const browser = await serve((req, res) => {
      req.session['n'] = 1;
      res.statusCode = 202;
      const returned = res.end('first');
      refused.push(String(returned === res), String(res.headersSent), String(res.writableEnded));
      attempt(() => res.setHeader('X-Late', '1'));
      attempt(() => res.writeHead(200));
      res.statusCode = 200;
      res.end('second');
    });
    const answer = await browser.fetch('/');
    expect(answer.status).toBe(202);
    expect(await answer.text()).toBe('first');
    expect(answer.headers.get('x-late')).toBeNull();
    // writableEnded is false until the end has left: serverless libraries wait for the response then.
    expect(refused).toEqual(['true', 'true', 'false', 'ERR_HTTP_HEADERS_SENT', 'none']);
  });

  it('throws for invalid output immediately and as Node does, and can respond afterwards', async () => {
    const codes: string[] = [];
    const browser = await serve((req, res) => {
      req.session['n'] = 1;
      for (const wrong of [
        () => res.writeHead(99),
        () => res.writeHead(200, { 'X-Bad': 'a\nb' }),
        () => res.end({} as never),
        () => res.write(42),
      ]) {
        try {
          wrong();
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      }
      res.end('still here');
    });
    expect(await (await browser.fetch('/')).text()).toBe('still here');
    expect(codes).toEqual([
      'ERR_HTTP_INVALID_STATUS_CODE',
      'ERR_INVALID_CHAR',
      'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_TYPE',
    ]);
  });

  it.each([
    ['end()', (res: ServerResponse) => res.end()],
    ['end(callback)', (res: ServerResponse, done: () => void) => res.end(done)],
    ['end(chunk)', (res: ServerResponse) => res.end('x')],
    ['end(chunk, callback)', (res: ServerResponse, done: () => void) => res.end('x', done)],
    ['end(chunk, encoding)', (res: ServerResponse) => res.end('78', 'hex')],
    ['end(chunk, encoding, callback)', (res: ServerResponse, done: () => void) => res.end('78', 'hex', done)],
    ['end(bytes)', (res: ServerResponse) => res.end(new Uint8Array([120]))],
    ['end(null)', (res: ServerResponse) => res.end(null)],
  ])('takes %s, calls its callback and returns the response (W14)', async (form, end) => {
    let called = !form.includes('callback');
    let returned: unknown;
    const finished: Promise<void>[] = [];
    const browser = await serve((req, res) => {
      req.session['n'] = 1;
      finished.push(new Promise((resolve) => res.once('finish', () => resolve())));
      returned = end(res, () => (called = true)) === res;
    });
    const text = await (await browser.fetch('/')).text();
    await Promise.all(finished);
    expect(text).toBe(form.includes('chunk') || form.includes('bytes') ? 'x' : '');
    expect([called, returned]).toEqual([true, true]);
  });

  it('keeps the Content-Length that Node sets', async () => {
    const browser = await serve((req, res) => {
      req.session['n'] = 1;
      res.end('käse');
    });
    expect((await browser.fetch('/')).headers.get('content-length')).toBe('5');
  });

  it('releases the session on null and on delete: keeps the record, or deletes it with unset destroy (R58)', async () => {
    const handler: PlainHandler = (req, res) => {
      if (req.url === '/set') req.session['n'] = 1;
      if (req.url === '/null') (req as { session?: unknown }).session = null;
      if (req.url === '/delete') delete (req as { session?: unknown }).session;
      res.end(JSON.stringify({ ...(req.session as object | undefined) }));
    };
    const keeping = await serve(handler);
    await keeping.fetch('/set');
    await keeping.fetch('/null');
    await keeping.fetch('/delete');
    expect(await keeping.get('/')).toEqual({ n: 1 });
    await running.close();
    for (const path of ['/null', '/delete']) {
      const destroying = await serve(handler, { unset: 'destroy' });
      await destroying.fetch('/set');
      const other = destroying.clone();
      await destroying.fetch(path);
      expect(destroying.jar.size).toBe(0);
      expect(await other.get('/')).toEqual({});
      await running.close();
    }
    running = { url: '', close: async () => undefined };
  });

  it('throws if req.session is replaced, and names the method to use (W22)', async () => {
    const said: string[] = [];
    const browser = await serve((req, res) => {
      try {
        (req as { session: unknown }).session = { n: 1 };
      } catch (error) {
        said.push((error as Error).message);
      }
      res.end('ok');
    });
    expect((await browser.fetch('/')).status).toBe(200);
    expect(said[0]).toContain('regenerate()');
  });

  it('extends the idle expiry at most once per touchEvery, and at each request with resave', async () => {
    const browser = await serve((req, res) => {
      if (req.url === '/set') req.session['n'] = 1;
      res.end();
    });
    await browser.fetch('/set');
    store.calls = [];
    await browser.fetch('/');
    expect(store.calls).toEqual(['load']);
    await running.close();
    const resaving = await serve((_, res) => res.end(), { resave: true });
    resaving.jar.set('connect.sid', browser.jar.get('connect.sid')!);
    store.calls = [];
    await resaving.fetch('/');
    expect(store.calls).toEqual(['load', 'patch']);
  });

  it('sends the cookie with each response when rolling, and stores a session for each visitor with saveUninitialized', async () => {
    const rolling = await serve((_, res) => res.end(), {
      rolling: true,
      saveUninitialized: true,
      clock: new FakeClock(),
      cookie: { maxAge: 60_000 },
    });
    const first = await rolling.fetch('/');
    const second = await rolling.fetch('/');
    expect(first.headers.getSetCookie()[0]).toMatch(
      /^connect\.sid=s%3A.*; Max-Age=60; Path=\/; Expires=.*GMT; HttpOnly; SameSite=Lax$/,
    );
    expect(second.headers.getSetCookie()).toHaveLength(1);
    expect(store.calls).toEqual(['create', 'load']);
  });

  it('accepts a cookie function of the request (R13)', async () => {
    const browser = await serve(
      (req, res) => {
        req.session['n'] = 1;
        res.end();
      },
      { cookie: (req: IncomingMessage) => ({ domain: req.headers['x-tenant'] as string }) },
    );
    const answer = await browser.fetch('/', { headers: { 'x-tenant': 'one.example.com' } });
    expect(answer.headers.getSetCookie()[0]).toContain('Domain=one.example.com');
    const bad = await browser.fetch('/', { headers: { 'x-tenant': 'a b' } });
    expect(bad.status).toBe(500);
    expect((errors[0] as Error).message).toContain('cookie.domain');
  });

  it('waits for a cookie function that returns a promise', async () => {
    const tenants = async (req: IncomingMessage) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (req.headers['x-tenant'] === undefined) throw new Error('no such tenant');
      return { domain: req.headers['x-tenant'] as string, path: '/shop' };
    };
    const browser = await serve(
      (req, res) => {
        if (req.session !== undefined) req.session['n'] = Number(req.session['n'] ?? 0) + 1;
        res.end(String(req.session?.['n']));
      },
      { cookie: tenants },
    );
    const headers = { 'x-tenant': 'one.example.com' };
    const first = await browser.fetch('/shop', { headers });
    const cookie = first.headers.getSetCookie()[0]!;
    expect(cookie).toContain('Domain=one.example.com; Path=/shop');
    const again = { ...headers, cookie: cookie.split(';')[0]! };
    expect(await (await browser.fetch('/shop', { headers: again })).text()).toBe('2');
    expect(await (await browser.fetch('/blog', { headers: again })).text()).toBe('undefined');
    const refused = await Promise.all([
      browser.fetch('/shop'),
      browser.fetch('/shop', { headers: { 'x-tenant': 'a b' } }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([500, 500]);
    expect(errors.map((error) => (error as Error).message)).toEqual([
      'no such tenant',
      expect.stringContaining('cookie.domain'),
    ]);
  });

  it('creates no record if its cookie cannot be sent, and warns once (W18)', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const browser = await serve(
      (req, res) => {
        req.session['n'] = 1;
        res.end();
      },
      { cookie: { secure: true } },
    );
    await browser.fetch('/');
    await browser.fetch('/');
    expect(store.calls).toEqual([]);
    expect(warning).toHaveBeenCalledTimes(1);
    expect(warning).toHaveBeenCalledWith(expect.stringContaining('proxy: true'), 'SessionWarning');
    warning.mockRestore();
  });

  it('finds the session of the only valid cookie among several of its name, in any order (S-28)', async () => {
    const browser = await serve((req, res) => {
      req.session['n'] ??= 1;
      res.end(JSON.stringify({ ...req.session }));
    });
    await browser.fetch('/');
    const good = `connect.sid=${browser.jar.get('connect.sid')!}`;
    const stranger = new Browser(running.url);
    await stranger.fetch('/');
    const dead = `connect.sid=${stranger.jar.get('connect.sid')!}`;
    await store.inner.delete(
      (await import('../../lib/core/session-id.js')).sessionKey(
        decodeURIComponent(stranger.jar.get('connect.sid')!).slice(2).split('.')[0] as never,
      ),
    );
    for (const cookie of [`connect.sid=junk; ${dead}; ${good}`, `${good}; ${dead}`, `${dead}; ${good}`]) {
      const answer = await rawRequest(running.url, '/', { cookie }).answer;
      expect([answer!.body, cookieOf(answer)]).toEqual(['{"n":1}', undefined]);
    }
  });

  it('keeps several named sessions of one server apart', async () => {
    const one = sessionMiddleware({ secret: SECRET, store });
    const admin = sessionMiddleware({ secret: SECRET, sessionName: 'admin', name: 'admin.sid' });
    running = await listen((req, res) =>
      one(req, res, () =>
        admin(req, res, () => {
          getSession(req)!['who'] = 'user';
          getSession(req, 'admin')!['who'] = 'admin';
          res.end();
        }),
      ),
    );
    const browser = new Browser(running.url);
    await browser.fetch('/');
    expect([...browser.jar.keys()].sort()).toEqual(['admin.sid', 'connect.sid']);
  });

  it.each(['first', 'second'])(
    'sends an error where the %s of two sessions cannot be saved, with the cookie of the other',
    async (failing) => {
      const broken = new CountingStore();
      broken.failing = { create: new Error('down') };
      const stores = failing === 'first' ? [broken, store] : [store, broken];
      const one = sessionMiddleware({ secret: SECRET, store: stores[0] });
      const other = sessionMiddleware({
        secret: SECRET,
        store: stores[1],
        sessionName: 'admin',
        name: 'admin.sid',
      });
      running = await listen((req, res) => {
        const next: Next = (error) => {
          if (error !== undefined) return answer500(error, res);
          getSession(req)!['who'] = 'user';
          getSession(req, 'admin')!['who'] = 'admin';
          res.end('saved');
        };
        one(req, res, (error) => (error === undefined ? other(req, res, next) : next(error)));
      });
      const answer = await new Browser(running.url).fetch('/');
      const names = answer.headers.getSetCookie().map((line) => line.split('=')[0]);
      const saved = failing === 'first' ? 'admin.sid' : 'connect.sid';
      expect([answer.status, await answer.text(), names]).toEqual([503, 'failed', [saved]]);
    },
  );
});

describe('the sweeps of sessionMiddleware', () => {
  let running: RunningServer;
  const closing: SessionMiddleware[] = [];

  it('emit an event with the error of the store when one fails', async () => {
    const store = Object.assign(new CountingStore(), {
      deleteExpired: () => Promise.reject(new Error('deadlock')),
    });
    let close: () => Promise<void> = async () => undefined;
    const event = await new Promise((onEvent) => {
      ({ close } = sessionMiddleware({ secret: SECRET, store, sweepEvery: 1, onEvent }));
    });
    expect(event).toMatchObject({ type: 'sweep-failed', error: { cause: { message: 'deadlock' } } });
    await close();
  });

  it('emit an event for each expired session, with its name (S-67)', async () => {
    const store = new MemorySessionStore();
    const clock = new FakeClock();
    const common = { secret: SECRET, store, clock, sweepEvery: 1, timeouts: { idle: 60_000 } };
    const events: SessionEvent[] = [];
    const done = new Promise<void>((resolve) => {
      const onEvent = (event: SessionEvent): void => {
        if (event.type === 'expired' && events.push(event) === 2) resolve();
      };
      const one = sessionMiddleware({ ...common, onEvent });
      const other = sessionMiddleware({ ...common, sessionName: 'admin', name: 'admin.sid', onEvent });
      closing.push(one, other);
    });
    const [one, other] = closing as [SessionMiddleware, SessionMiddleware];
    running = await listen((req, res) =>
      one(req, res, () =>
        other(req, res, () => {
          getSession(req)!['who'] = 'user';
          getSession(req, 'admin')!['who'] = 'admin';
          res.end(JSON.stringify([getSession(req)!.handle, getSession(req, 'admin')!.handle]));
        }),
      ),
    );
    const answer = await new Browser(running.url).fetch('/');
    const [handle, ofAdmin] = (await answer.json()) as string[];
    const at = clock.now() + 60_000;
    clock.advance(60_000 + 300_000);
    await done;
    await Promise.all([...closing.map(({ close }) => close()), running.close()]);
    expect(events).toHaveLength(2);
    expect(events).toEqual(
      expect.arrayContaining([
        { type: 'expired', sessionName: 'default', at, handle, principal: null },
        { type: 'expired', sessionName: 'admin', at, handle: ofAdmin, principal: null },
      ]),
    );
  });
});

describe('sessionMiddleware on Express', () => {
  let running: RunningServer;
  afterEach(() => running.close());

  it('passes the error of a failed commit to the error handlers of the application', async () => {
    const store = new CountingStore();
    const app = express();
    app.use(sessionMiddleware({ secret: SECRET, store }));
    app.post('/', (req, res) => {
      (req as unknown as SessionRequest).session['n'] = 1;
      res.json({ saved: true });
    });
    const handler: ErrorRequestHandler = (error: { status: number }, _req, res, _next) =>
      void res.status(error.status).json({ sorry: true });
    app.use(handler);
    running = await listen(app);
    const browser = new Browser(running.url);
    store.failing = { create: new Error('down') };
    const answer = await browser.post('/');
    expect([answer.status, await answer.json()]).toEqual([503, { sorry: true }]);
    store.failing = {};
    expect(await (await browser.post('/')).json()).toEqual({ saved: true });
    expect(browser.jar.size).toBe(1);
  });

  it('trusts a proxy as the application is configured to (R37)', async () => {
    const app = express().set('trust proxy', true);
    app.use(sessionMiddleware({ secret: SECRET, cookie: { secure: true } }));
    app.get('/', (req, res) => {
      (req as unknown as SessionRequest).session['n'] = 1;
      res.end();
    });
    running = await listen(app);
    const browser = new Browser(running.url);
    await browser.fetch('/', { headers: { 'x-forwarded-proto': 'https' } });
    expect(browser.jar.size).toBe(1);
  });

  it('sends files, and a 404 for a file that does not exist', async () => {
    const app = express();
    app.use(sessionMiddleware({ secret: SECRET }));
    app.get('/file', (req, res) => {
      (req as unknown as SessionRequest).session['n'] = 1;
      res.sendFile(new URL('../../LICENSE', import.meta.url).pathname);
    });
    app.get('/none', (_, res) => res.sendFile('/nowhere/at/all', () => res.sendStatus(404)));
    running = await listen(app);
    const browser = new Browser(running.url);
    expect(await (await browser.fetch('/file')).text()).toContain('MIT License');
    expect((await browser.fetch('/none')).status).toBe(404);
  });
});

describe('sessionMiddleware on HTTP/2', () => {
  it('stores sessions for end(), streams and heads, and reports failures (W13)', async () => {
    const store = new CountingStore();
    const session = sessionMiddleware({ secret: SECRET, store });
    const server = createHttp2Server((request, response) => {
      // HTTP/2's own classes have the shapes of node:http's.
      const [req, res] = [request, response] as unknown[] as [SessionRequest, ServerResponse];
      const next: Next = (error) => {
        if (error !== undefined) return void res.writeHead(503).end('failed');
        const s: UserSession = req.session;
        s['n'] = Number(s['n'] ?? 0) + 1;
        if (req.url === '/stream')
          return void Readable.from([Buffer.from('one,'), Buffer.from('two')]).pipe(res);
        if (req.url === '/head')
          return void res.writeHead(203, { 'x-own': 'yes', 'set-cookie': 'other=1' }).end('head');
        if (req.url === '/flush') return void (res.flushHeaders(), res.end('flush'));
        res.end(String(s['n']));
      };
      session(req, res, next);
    });
    const running = await listening(server as never);
    const client = connect(running.url);
    const get = (path: string, cookie?: string): Promise<{ headers: IncomingHttpHeaders; body: string }> =>
      new Promise((resolve, reject) => {
        const stream: ClientHttp2Stream = client.request({
          ':path': path,
          ...(cookie === undefined ? {} : { cookie }),
        });
        let headers: IncomingHttpHeaders = {};
        let body = '';
        stream.on('response', (h) => (headers = h)).on('data', (chunk: Buffer) => (body += chunk.toString()));
        stream.on('end', () => resolve({ headers, body })).on('error', reject);
        stream.end();
      });
    try {
      const first = await get('/');
      const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
      expect(first.body).toBe('1');
      expect((await get('/', cookie)).body).toBe('2');
      expect((await get('/stream', cookie)).body).toBe('one,two');
      const head = await get('/head');
      expect([head.headers[':status'], head.headers['x-own'], head.headers['set-cookie']?.length]).toEqual([
        203,
        'yes',
        2,
      ]);
      expect((await get('/flush')).body).toBe('flush');
      store.failing = { create: new Error('down') };
      const failed = await get('/');
      expect([failed.headers[':status'], failed.body, failed.headers['set-cookie']]).toEqual([
        503,
        'failed',
        undefined,
      ]);
      const failedStream = await get('/stream');
      expect([failedStream.headers[':status'], failedStream.headers['set-cookie']]).toEqual([503, undefined]);
    } finally {
      client.close();
      await running.close();
    }
  });
});
