import { Controller, Get, type INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import { jest } from '@jest/globals';
import type { Express } from 'express';
import { RequireSession, Session, SessionModule, type UserSession } from 'nest-session';
import { sessionMiddleware, type SessionError, type SessionMiddlewareOptions } from 'nest-session/http';
import { startApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import {
  listen,
  type PlainHandler,
  type RunningServer,
  type SessionRequest,
} from '../support/http-server.js';
import { rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';

type Wrap = (req: IncomingMessage, res: ServerResponse) => void;

describe('a server that is used in unusual ways', () => {
  let store: CountingStore;
  let running: RunningServer;
  beforeEach(() => {
    store = new CountingStore();
  });
  afterEach(() => running.close());

  const serve = async (
    handler: PlainHandler,
    { before, after, ...options }: Partial<SessionMiddlewareOptions> & { before?: Wrap; after?: Wrap } = {},
  ): Promise<Browser> => {
    const session = sessionMiddleware({ secret: SECRET, store, ...options });
    running = await listen((req, res) => {
      before?.(req, res);
      session(req, res, (error) => {
        after?.(req, res);
        if (error === undefined) return handler(req as SessionRequest, res);
        res.statusCode = (error as { status: number }).status;
        res.end('failed');
      });
    });
    return new Browser(running.url);
  };

  it('continues a producer whose drain listeners a wrapper moved to another stream', async () => {
    // As compression does: what listens for drain before the head is known is moved to the stream that compresses.
    const compress: Wrap = (_, res) => {
      const { on, write, end } = res;
      const gzip = createGzip();
      let waiting: [string, () => void][] | null = [];
      const begin = (): void => {
        if (waiting === null) return;
        for (const [event, listener] of waiting) gzip.on(event, listener);
        waiting = null;
        gzip.on('data', (chunk: Buffer) => void write.call(res, chunk, 'utf8'));
        gzip.on('end', () => void (end as () => void).call(res));
      };
      res.on = ((event: string, listener: () => void) => {
        if (event !== 'drain') return on.call(res, event, listener);
        if (waiting === null) gzip.on(event, listener);
        else waiting.push([event, listener]);
        return res;
      }) as never;
      res.write = ((chunk: string) => (begin(), gzip.write(chunk))) as never;
      res.end = ((chunk?: string) => (
        begin(),
        chunk === undefined ? gzip.end() : gzip.end(chunk),
        res
      )) as never;
      res.setHeader('Content-Encoding', 'gzip');
    };
    const browser = await serve(
      (req, res) => {
        req.session['n'] = 1;
        res.write('one,');
        res.on('drain', () => res.end('two'));
      },
      { before: compress },
    );
    expect(await (await browser.fetch('/')).text()).toBe('one,two');
  });

  it('calls the wrappers of writeHead at flushHeaders, as Node does, before the session is stored', async () => {
    const seen: string[] = [];
    const wrap: Wrap = (_, res) => {
      const { writeHead, write } = res;
      res.writeHead = (...args: [number]) => {
        if (seen.push('head') === 1) res.setHeader('X-Decided', 'yes');
        return writeHead.apply(res, args);
      };
      res.write = ((...args: [string]) => {
        seen.push('write');
        return write.apply(res, args as never);
      }) as never;
    };
    const browser = await serve(
      (req, res) => {
        req.session['n'] = 1;
        res.flushHeaders();
        res.write('one,');
        res.end('two');
      },
      { after: wrap },
    );
    const answer = await browser.fetch('/');
    expect(await answer.text()).toBe('one,two');
    expect([answer.headers.get('x-decided'), seen.slice(0, 2)]).toEqual(['yes', ['head', 'write']]);
    expect(browser.jar.size).toBe(1);
  });

  it('sends an error response if the application sends none within five seconds after a failed commit', async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance', 'setInterval'],
    });
    try {
      const session = sessionMiddleware({ secret: SECRET, store });
      let failed!: () => void;
      const refused = new Promise<void>((resolve) => (failed = resolve));
      running = await listen((req, res) => {
        let called = false;
        session(req, res, () => {
          // As a promise would: it hears of the first call only.
          if (called) return failed();
          called = true;
          (req as SessionRequest).session['n'] = 1;
          res.end('ok');
        });
      });
      store.failing = { create: new Error('down') };
      const request = rawRequest(running.url, '/');
      await refused;
      jest.advanceTimersByTime(5000);
      expect(await request.answer).toMatchObject({ status: 503 });
    } finally {
      jest.useRealTimers();
    }
  });

  it.each([
    ['domain', 'localhost:3000'],
    ['path', '/a;b'],
    ['sameSite', 'sometimes'],
    ['expires', 'x'],
  ])(
    'throws for session.cookie.%s = %j before anything is stored, and serves the next request',
    async (setting, value) => {
      const browser = await serve(
        (req, res) => {
          if (req.url === '/set') req.session['n'] = 1;
          if (req.url !== '/bad') return res.end(JSON.stringify({ ...req.session }));
          try {
            (req.session.cookie as unknown as Record<string, unknown>)[setting] = value;
          } catch (error) {
            res.statusCode = 500;
            return res.end(String(error));
          }
          req.session['n'] = 2;
          res.end('stored');
        },
        { rolling: true },
      );
      await browser.fetch('/set');
      expect((await browser.fetch('/bad')).status).toBe(500);
      expect(await browser.get('/')).toEqual({ n: 1 });
    },
  );

  it('refuses a new id after the response has begun, and keeps the old one', async () => {
    const codes: string[] = [];
    const browser = await serve(async (req, res) => {
      if (req.url === '/') return res.end(JSON.stringify({ ...req.session }));
      req.session['n'] = Number(req.session['n'] ?? 0) + 1;
      res.write('begun,');
      await req.session.regenerate().catch((error: SessionError) => codes.push(error.code));
      req.session['user'] = 'u1';
      res.end('done');
    });
    await browser.fetch('/late');
    await browser.fetch('/late');
    expect(codes).toEqual(['ERR_SESSION_SENT', 'ERR_SESSION_SENT']);
    expect(await browser.get('/')).toEqual({ n: 2, user: 'u1' });
  });

  it.each([
    ['ERR_SESSION_INSECURE', { cookie: { secure: true } }, false],
    ['ERR_SESSION_SENT', {}, true],
  ] as const)(
    'rejects an explicit save of a session whose cookie cannot be sent: %s',
    async (code, options, begun) => {
      const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const codes: unknown[] = [];
      const browser = await serve(async (req, res) => {
        if (begun) await new Promise<void>((resolve) => res.write('begun,', () => resolve()));
        req.session['n'] = 1;
        await req.session.save().catch((error: SessionError) => codes.push(error.code));
        res.end('done');
      }, options);
      await browser.fetch('/');
      expect(codes).toEqual([code]);
      expect(store.calls).toEqual([]);
      warning.mockRestore();
    },
  );

  it('sets its headers after those of wrappers that were installed later (R48, S-29)', async () => {
    const wrap: Wrap = (_, res) => {
      const { writeHead } = res;
      res.writeHead = (...args: [number]) => {
        res.setHeader('Set-Cookie', 'a=1');
        res.setHeader('Cache-Control', 'public, max-age=60');
        return writeHead.apply(res, args);
      };
    };
    const browser = await serve(
      (req, res) => {
        req.session['n'] = 1;
        res.end('ok');
      },
      { after: wrap },
    );
    const answer = await browser.fetch('/');
    expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['a', 'connect.sid']);
    expect(answer.headers.get('cache-control')).toBe('max-age=60, private, no-store');
  });

  it('keeps an attribute removed that a concurrent request changed inside', async () => {
    let change!: () => void;
    const removed = new Promise<void>((resolve) => (change = resolve));
    const browser = await serve(async (req, res) => {
      if (req.url === '/set') req.session['user'] = { id: 7, seen: 0 };
      if (req.url === '/slow') {
        (req.session['user'] as { seen: number }).seen = 1;
        await removed;
      }
      if (req.url === '/remove') delete req.session['user'];
      res.end(JSON.stringify({ ...req.session }));
    });
    await browser.fetch('/set');
    const slow = browser.clone().fetch('/slow');
    await browser.fetch('/remove');
    change();
    await slow;
    expect(await browser.get('/')).toEqual({});
  });

  it('refuses a new id if an attribute of the session cannot be removed', async () => {
    const codes: string[] = [];
    const browser = await serve(async (req, res) => {
      Object.defineProperty(req.session, 'role', { value: 'admin', enumerable: true });
      await req.session.regenerate().catch((error: SessionError) => codes.push(error.code));
      res.end();
    });
    await browser.fetch('/');
    expect(codes).toEqual(['ERR_SESSION_NAME']);
  });

  it('can be read when it was frozen', async () => {
    const browser = await serve((req, res) => {
      if (req.url === '/set') req.session['n'] = 1;
      else Object.freeze(req.session);
      res.end(String(req.session['n']));
    });
    await browser.fetch('/set');
    expect(await (await browser.fetch('/')).text()).toBe('1');
  });

  it('stores what changed during the first commit if the client leaves', async () => {
    let stored!: () => void;
    let patched!: () => void;
    const creating = new Promise<void>((resolve) => (stored = resolve));
    const saved = new Promise<void>((resolve) => (patched = resolve));
    let closed!: () => void;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const browser = await serve((req, res) => {
      req.session['first'] = req.url;
      if (req.url === '/') return res.end();
      res.once('close', () => closed());
      res.write('x');
      req.session['second'] = 1;
      store.beforeWrite = async () => patched();
    });
    await browser.fetch('/');
    store.calls = [];
    store.beforeWrite = () => (stored(), gone);
    const request = rawRequest(running.url, '/slow', {
      cookie: `connect.sid=${browser.jar.get('connect.sid')!}`,
    });
    await creating;
    request.abort();
    await saved;
    expect(store.calls).toEqual(['load', 'patch', 'patch']);
  });
});

describe.each([
  [
    'express',
    () => new ExpressAdapter(),
    (app: INestApplication) =>
      (app.getHttpAdapter().getInstance() as Express).set('trust proxy', true) as unknown,
  ],
  ['fastify', () => new FastifyAdapter({ trustProxy: true }), () => undefined],
] as const)('a proxy that the framework trusts, on %s', (_, adapter, prepare) => {
  @Controller()
  class WriteController {
    @Get() write(@Session() session: UserSession) {
      session['n'] = 1;
      return {};
    }
  }

  it('is trusted: the cookie is Secure and sent if the browser used https (R37)', async () => {
    for (const [forwarded, secure] of [
      ['https', true],
      ['http', false],
    ] as const) {
      const imports = [SessionModule.forRoot({ secret: SECRET })];
      const { app, url } = await startApp(adapter, {
        imports,
        controllers: [WriteController],
        prepare,
      });
      const answer = await fetch(url, { headers: { 'x-forwarded-proto': forwarded } });
      expect(answer.headers.getSetCookie()[0]?.includes('; Secure')).toBe(secure);
      await app.close();
    }
  });
});

describe('@RequireSession', () => {
  it('throws for an unknown condition, instead of requiring nothing', () => {
    expect(() => RequireSession(undefined as never)).toThrow(/got undefined/);
    expect(() => RequireSession('userId', 42 as never)).toThrow(/got 42/);
  });
});
