import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { rawRequest } from '../support/raw-request.js';
import {
  cookieFor,
  IMPLEMENTATIONS,
  QUIET,
  recordingStore,
  type Options,
} from './support/entry-implementations.js';
import { closeSites, serve, type Middleware, type SessionHandler } from './support/entry-server.js';
import { brokenStore, dataOf, heldStore, synchronousStore, turn } from './support/end-store.js';
import { later, errorOf } from './support/end-promises.js';

afterEach(closeSites);

const KNOWN = { cookie: cookieFor('known') };

describe.each(IMPLEMENTATIONS)('the end of a response, with %s', (_, session) => {
  async function visit(
    handler: SessionHandler,
    {
      store = recordingStore(session, { known: { a: 1 } }),
      ...options
    }: Omit<Options, 'store'> & { store?: ReturnType<typeof recordingStore> } = {},
    headers: Record<string, string> = KNOWN,
  ) {
    const site = await serve(session({ ...QUIET, ...options, store }), handler);
    const response = await site.send('/', headers);
    return { ...response, store, calls: store.calls.join(' ') };
  }

  it.each<[string, SessionHandler, Omit<Options, 'store'>, string]>([
    ['no session', (req, res) => (delete (req as { session?: unknown }).session, res.end()), {}, 'get'],
    [
      'a session to destroy',
      (req, res) => (delete (req as { session?: unknown }).session, res.end()),
      { unset: 'destroy' },
      'get destroy',
    ],
    ['a change', (req, res) => ((req.session['a'] = 2), res.end()), {}, 'get set'],
    ['no change', (_req, res) => res.end(), {}, 'get touch'],
  ])('calls the store as needed: %s (R57)', async (_what, handler, options, calls) => {
    expect(await visit(handler, options)).toMatchObject({ status: 200, calls });
  });

  it('calls the store once for a response in several writes (R57)', async () => {
    const { body, calls } = await visit((req, res) => {
      req.session['a'] = 2;
      res.write('first, ');
      res.end('second');
    });
    expect([body, calls]).toEqual(['first, second', 'get set']);
  });

  it('does nothing at a second end (R57)', async () => {
    const { body, calls } = await visit((req, res) => {
      req.session['a'] = 2;
      res.end('first');
      res.end('second');
    });
    expect([body, calls]).toEqual(['first', 'get set']);
  });

  it.each([
    ['null', null, 'get destroy'],
    ['undefined', undefined, 'get destroy'],
    ['false', false, 'get'],
    ['0', 0, 'get'],
  ])('destroys a session that was set to %s, depending on unset (R58)', async (_what, value, calls) => {
    const found = await visit(
      (req, res) => {
        Object.assign(req, { session: value });
        res.end();
      },
      { unset: 'destroy' },
    );
    expect(found).toMatchObject({ calls, cookies: [] });
  });

  it('destroys a new session too, only once (R58)', async () => {
    const { calls } = await visit(
      (req, res) => {
        Object.assign(req, { session: null });
        res.write('a');
        res.end('b');
      },
      { unset: 'destroy' },
      {},
    );
    expect(calls).toBe('destroy');
  });

  it('saves nothing if the id is not a string (R59)', async () => {
    const { calls, cookies } = await visit((req, res) => {
      req.session['a'] = 2;
      Object.assign(req, { sessionID: 7 });
      res.end();
    });
    expect([calls, cookies]).toEqual(['get', []]);
  });

  it.each<[string, SessionHandler, Omit<Options, 'store'>, string]>([
    ['new and unmodified', (_req, res) => res.end(), { saveUninitialized: false }, ''],
    [
      'new and modified',
      (req, res) => ((req.session['a'] = 1), res.end()),
      { saveUninitialized: false },
      'set',
    ],
    ['new and unmodified', (_req, res) => res.end(), { saveUninitialized: true }, 'set'],
    ['new and saved', (req, res) => req.session.save(() => res.end()), { saveUninitialized: true }, 'set'],
    ['new and saved', (req, res) => req.session.save(() => res.end()), { saveUninitialized: false }, 'set'],
  ])('saves a session or does not: %s, %p (R59)', async (_what, handler, options, calls) => {
    expect(await visit(handler, options, {})).toMatchObject({ calls });
  });

  it('saves the session of a request with an unknown id only if it is modified (R59)', async () => {
    const unknown = { cookie: cookieFor('unknown') };
    expect(await visit((_req, res) => res.end(), {}, unknown)).toMatchObject({ calls: 'get', cookies: [] });
  });

  it.each<[string, SessionHandler, Record<string, string>]>([
    ['known', (_req, res) => res.end(), KNOWN],
    ['known and rolling', (_req, res) => res.end(), KNOWN],
    ['new and unmodified', (_req, res) => res.end(), {}],
    ['new and modified', (req, res) => ((req.session['a'] = 1), res.end()), {}],
    ['in several writes', (_req, res) => (res.write('a'), res.end('b')), KNOWN],
  ])('touches the session once: %s (R60)', async (what, handler, headers) => {
    let touches = 0;
    await visit(
      (req, res) => {
        const { touch } = req.session;
        Object.defineProperty(req.session, 'touch', {
          value: function (this: object) {
            touches++;
            return touch.call(this as never);
          },
        });
        return handler(req, res);
      },
      { rolling: what.includes('rolling') },
      headers,
    );
    expect(touches).toBe(1);
  });

  it.each<['set' | 'touch' | 'destroy', SessionHandler]>([
    ['set', (req, res) => ((req.session['a'] = 2), (res.statusCode = 201), res.end('made'))],
    ['touch', (_req, res) => ((res.statusCode = 201), res.end('made'))],
    [
      'destroy',
      (req, res) => (Object.assign(req, { session: null }), (res.statusCode = 201), res.end('made')),
    ],
  ])(
    'passes an error of %s to next later, without a change of the response (R61, W4)',
    async (method, handler) => {
      const store = brokenStore(session, method, 'passes', { known: { a: 1 } });
      const site = await serve(session({ ...QUIET, store, unset: 'destroy' }), handler);
      expect(await site.send('/', KNOWN)).toMatchObject({ status: 201, body: 'made' });
      expect(await site.lateError).toEqual(new Error('the store is broken'));
    },
  );

  it('ends immediately if the store calls back synchronously (R62)', async () => {
    const store = synchronousStore(session, { known: { a: 1 } });
    let sent: boolean | undefined;
    const { body, calls } = await visit(
      (req, res) => {
        req.session['a'] = 2;
        res.end('done');
        sent = res.writableEnded;
      },
      { store },
    );
    expect([sent, body, calls]).toEqual([true, 'done', 'get set']);
  });

  it.each([
    ['204', (res: ServerResponse) => ((res.statusCode = 204), res.end())],
    ['redirect', (res: ServerResponse) => (res.writeHead(302, { location: '/' }), res.end())],
  ])(
    'sends nothing of a response without a body until the session is stored: %s (R62)',
    async (_what, end) => {
      const store = heldStore(session, 'set', { known: {} });
      const seen = later<ServerResponse>();
      const site = await serve(session({ ...QUIET, store }), (req, res) => {
        req.session['a'] = 2;
        end(res);
        seen.set(res);
      });
      const response = site.send('/', KNOWN);
      const res = await seen.value;
      const { socket } = res;
      await store.called();
      await turn();
      expect(socket!.bytesWritten).toBe(0);
      store.release();
      expect([204, 302]).toContain((await response).status);
      expect(dataOf(store, 'known')).toEqual({ a: 2 });
    },
  );

  it('refuses header changes after the end (R63)', async () => {
    const problem = later<unknown>();
    const { body } = await visit((req, res) => {
      req.session['a'] = 2;
      res.end('x');
      try {
        res.setHeader('a', 'b');
      } catch (error) {
        problem.set(error);
      }
    });
    expect(body).toBe('x');
    expect(await problem.value).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' });
  });

  it('returns the response if there is no session (R64)', async () => {
    let returned: unknown;
    await visit((req, res) => {
      delete (req as { session?: unknown }).session;
      returned = res.end() === res;
    });
    expect(returned).toBe(true);
  });

  it('emits finish after the session is stored (R67)', async () => {
    const order: string[] = [];
    const store = heldStore(session, 'set', { known: {} });
    const finished = later<void>();
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      res.on('finish', () => {
        order.push('finish');
        finished.set();
      });
      req.session['a'] = 2;
      res.end('done');
    });
    const response = site.send('/', KNOWN);
    await store.called();
    await turn();
    order.push('stored');
    store.release();
    await Promise.all([response, finished.value]);
    expect(order).toEqual(['stored', 'finish']);
  });

  it('saves the changes of a request whose client has disconnected (R68)', async () => {
    const store = recordingStore(session, { known: {} });
    const stored = later<void>();
    const started = later<void>();
    const { set } = store;
    store.set = (id, data, done) =>
      set.call(store, id, data, () => {
        done?.();
        stored.set();
      });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      started.set();
      await once(res, 'close');
      req.session['a'] = 2;
      res.end('not read');
    });
    const request = rawRequest(site.url, '/', KNOWN);
    await started.value;
    request.abort();
    await stored.value;
    expect(dataOf(store, 'known')).toEqual({ a: 2 });
  });

  it('saves nothing if the response is destroyed without end (R68)', async () => {
    const store = recordingStore(session, { known: {} });
    const closed = later<void>();
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 2;
      res.on('close', () => closed.set());
      res.destroy();
    });
    expect(await rawRequest(site.url, '/', KNOWN).answer).toBeNull();
    await closed.value;
    await turn();
    expect(store.calls).toEqual(['get']);
  });

  it('waits for a store that never calls back (R69, W26)', async () => {
    const store = heldStore(session, 'set', { known: {} });
    const seen = later<ServerResponse>();
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 2;
      res.end();
      seen.set(res);
    });
    const request = rawRequest(site.url, '/', KNOWN);
    const res = await seen.value;
    await store.called();
    await turn();
    expect([res.writableFinished, request.received()]).toEqual([false, 0]);
    request.abort();
    await once(res, 'close');
  });

  it('does not call next before the store returns the session (R69, W26)', async () => {
    const store = heldStore(session, 'get', { known: {} });
    let handled = false;
    const site = await serve(session({ ...QUIET, store }), (_req, res) => {
      handled = true;
      res.end('in');
    });
    const response = site.send('/', KNOWN);
    await store.called();
    await turn();
    expect(handled).toBe(false);
    store.release();
    expect(await response).toMatchObject({ body: 'in' });
  });

  it('ignores a second callback of the store (R70)', async () => {
    const store = recordingStore(session, { known: {} });
    for (const method of ['set', 'touch', 'destroy'] as const) {
      const once = store[method] as (...args: unknown[]) => void;
      Object.assign(store, {
        [method]: (...args: unknown[]) => {
          const done = args.pop() as () => void;
          once.call(store, ...args, () => (done(), done()));
        },
      });
    }
    const middleware = session({ ...QUIET, store, unset: 'destroy' });
    const site = await serve(middleware, (req, res) => {
      if (req.url === '/set') req.session['a'] = 2;
      if (req.url === '/destroy') Object.assign(req, { session: null });
      res.end('once');
    });
    for (const path of ['/set', '/touch', '/destroy'])
      expect(await site.send(path, KNOWN)).toMatchObject({ status: 200, body: 'once' });
  });

  it.each(['before', 'after'])(
    'calls write and end methods that were replaced %s the middleware (R71)',
    async (when) => {
      const store = recordingStore(session, { known: {} });
      const upperCase: Middleware = (_req, res, next) => {
        const { write, end } = res;
        const up = (chunk: unknown): unknown => (typeof chunk === 'string' ? chunk.toUpperCase() : chunk);
        res.write = ((chunk: unknown) => write.call(res, up(chunk), 'utf8')) as typeof res.write;
        res.end = ((chunk: unknown) => end.call(res, up(chunk), 'utf8')) as typeof res.end;
        next();
      };
      const own = session({ ...QUIET, store });
      const site = await serve(when === 'before' ? [upperCase, own] : [own, upperCase], (req, res) => {
        req.session['a'] = 2;
        res.write('hello, ');
        res.end('world');
      });
      expect(await site.send('/', KNOWN)).toMatchObject({ body: 'HELLO, WORLD' });
      expect(dataOf(store, 'known')).toEqual({ a: 2 });
    },
  );
});

describe('the end of a response, where it differs from express-session', () => {
  const [, session] = IMPLEMENTATIONS[1]!;

  const BODIES: readonly [string, (res: ServerResponse) => void, string][] = [
    ['with a length', (res) => (res.setHeader('Content-Length', 5), res.end('hello')), 'hello'],
    ['of one byte', (res) => (res.setHeader('Content-Length', 1), res.end('h')), 'h'],
    ['in hex', (res) => (res.setHeader('Content-Length', 2), res.end('6869', 'hex')), 'hi'],
    ['of bytes', (res) => (res.setHeader('Content-Length', 2), res.end(new Uint8Array([104, 105]))), 'hi'],
    ['in chunks', (res) => (res.write('he'), res.end('llo')), 'hello'],
    ['of no byte', (res) => (res.setHeader('Content-Length', 0), res.end('')), ''],
    [
      'that was written before its end',
      (res) => (res.setHeader('Content-Length', 5), res.write('hello'), res.end()),
      'hello',
    ],
  ];

  it.each(BODIES)(
    'sends nothing of a body %s until the session is stored (R62, W1)',
    async (_what, send, body) => {
      const store = heldStore(session, 'set', { known: {} });
      const seen = later<ServerResponse>();
      const site = await serve(session({ ...QUIET, store }), (req, res) => {
        req.session['a'] = 2;
        send(res);
        seen.set(res);
      });
      const response = site.send('/', KNOWN);
      const { socket } = await seen.value;
      await store.called();
      await turn();
      expect(socket!.bytesWritten).toBe(0);
      store.release();
      expect(await response).toMatchObject({ status: 200, body });
    },
  );

  it.each<[string, (res: ServerResponse, done: () => void) => unknown]>([
    ['end(chunk, encoding, callback)', (res, done) => res.end('x', 'utf8', done)],
    ['end(chunk, callback)', (res, done) => res.end('x', done)],
    ['end(callback)', (res, done) => res.end(done)],
  ])('calls back and returns the response: %s (R64, R65, W14)', async (_what, end) => {
    const called = later<string>();
    const site = await serve(session({ ...QUIET, store: recordingStore(session) }), (req, res) => {
      req.session['a'] = 2;
      expect(end(res, () => called.set('called'))).toBe(res);
      expect(res.end()).toBe(res);
    });
    await site.send();
    expect(await called.value).toBe('called');
  });

  it('has writableEnded false while the session is being stored, but refuses writes (R66, W14)', async () => {
    const store = heldStore(session, 'set', { known: {} });
    const ended = later<boolean>();
    const refused = later<unknown>();
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 2;
      res.end('x');
      ended.set(res.writableEnded);
      res.write('LATE', refused.set);
    });
    const response = site.send('/', KNOWN);
    expect(await ended.value).toBe(false);
    await store.called();
    store.release();
    expect(await response).toMatchObject({ body: 'x' });
    expect(await refused.value).toMatchObject({ code: 'ERR_STREAM_WRITE_AFTER_END' });
  });

  it.each<[string, 'set' | 'destroy', SessionHandler]>([
    ['a save', 'set', (req, res) => ((req.session['a'] = 2), req.session.save(), res.end('x'))],
    ['a destroy', 'destroy', (req, res) => (req.session.destroy(), res.end('x'))],
  ])('waits for %s that the application does not wait for (W1)', async (_what, method, handler) => {
    const store = heldStore(session, method, { known: {} });
    const site = await serve(session({ ...QUIET, store }), handler);
    const request = rawRequest(site.url, '/', KNOWN);
    await store.called();
    await turn();
    expect(request.received()).toBe(0);
    store.release();
    expect(await request.answer).toMatchObject({ status: 200, body: 'x' });
  });

  it('can be called in the callback of an explicit save', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      req.session['a'] = 2;
      await errorOf((done) => req.session.save(done));
      res.end('x');
    });
    expect(await site.send('/', KNOWN)).toMatchObject({ body: 'x' });
    expect(store.calls.join(' ')).toBe('get set touch');
  });
});
