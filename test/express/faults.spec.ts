import { connect, createServer as createHttp2Server } from 'node:http2';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import cookieParser from 'cookie-parser';
import session from 'nest-session/express';
import { listening } from '../support/http-server.js';
import { cookieOf, rawRequest } from '../support/raw-request.js';
import { cookieFor, QUIET, recordingStore, type Options } from './support/entry-implementations.js';
import { closeSites, serve, siteOf, type SessionHandler } from './support/entry-server.js';
import { brokenStore, dataOf, heldStore, turn } from './support/end-store.js';
import { later, errorOf } from './support/end-promises.js';
import { serveWithErrorPage } from './support/end-server.js';

afterEach(closeSites);
afterEach(() => jest.restoreAllMocks());

const KNOWN = { cookie: cookieFor('known') };
const cycle = (): object => {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
};

describe('faults of express-session that nest-session/express does not have', () => {
  it('sends the response after the session is stored, so that the next request finds it (W1)', async () => {
    const store = heldStore(session, 'set');
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      if (req.url === '/me') return res.end(String(req.session['user']));
      req.session['user'] = 'ada';
      res.writeHead(302, { location: '/me' });
      res.end('Found');
    });
    const login = site.send('/login');
    await store.called();
    store.release();
    const cookie = (await login).cookies[0]!.split(';')[0]!;
    expect(await site.send('/me', { cookie })).toMatchObject({ body: 'ada' });
  });

  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    ['a cycle', cycle()],
  ])('lets the application send an error page for %s, which JSON cannot carry (W2)', async (_what, value) => {
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serveWithErrorPage(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = value;
      res.setHeader('Content-Length', 4);
      res.end('fine');
    });
    const response = await site.send('/', KNOWN);
    expect(response).toMatchObject({
      status: 500,
      body: expect.stringContaining('sorry') as string,
      cookies: [],
    });
    expect(dataOf(store, 'known')).toEqual({ a: 1 });
  });

  it('passes the error to next if JSON cannot carry a change (W2)', async () => {
    const problem = later<unknown>();
    const app = express();
    app.use(session({ ...QUIET }) as unknown as express.RequestHandler);
    app.get('/', (req, res) => {
      (req as unknown as { session: Record<string, unknown> }).session['a'] = 1n;
      res.json({ fine: true });
    });
    app.use(((error, _req, res, _next) => {
      problem.set(error);
      res.status(500).send('sorry');
    }) as express.ErrorRequestHandler);
    const { createServer } = await import('node:http');
    const site = await siteOf(createServer(app));
    expect(await site.send()).toMatchObject({ status: 500, body: 'sorry', cookies: [] });
    expect(await problem.value).toBeInstanceOf(TypeError);
  });

  it.each<['set' | 'touch' | 'destroy', SessionHandler]>([
    ['set', (req, res) => ((req.session['a'] = 2), res.end('fine'))],
    ['touch', (_req, res) => res.end('fine')],
    ['destroy', (req, res) => (Object.assign(req, { session: null }), res.end('fine'))],
  ])('lets the application send an error page if %s of the store throws (W2)', async (method, handler) => {
    const store = brokenStore(session, method, 'throws', { known: { a: 1 } });
    const site = await serveWithErrorPage(session({ ...QUIET, store, unset: 'destroy' }), handler);
    const response = await site.send('/', KNOWN);
    expect(response).toMatchObject({ status: 500, body: 'sorry: the store is broken', cookies: [] });
  });

  it('lets the application send an error page if the store throws for one of several requests (W2)', async () => {
    const store = heldStore(session, 'set', { known: {} });
    const site = await serveWithErrorPage(session({ ...QUIET, store }), (req, res) => {
      req.session[req.url!.slice(1)] = req.url === '/big' ? 1n : 1;
      res.end('fine');
    });
    const good = site.send('/good', KNOWN);
    await store.called();
    expect((await site.send('/big', KNOWN)).status).toBe(500);
    store.release();
    expect(await good).toMatchObject({ status: 200, body: 'fine' });
    expect(dataOf(store, 'known')).toEqual({ good: 1 });
  });

  it('throws once for an invalid chunk, at the call (W3)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 2;
      try {
        res.end(42 as never);
      } catch (error) {
        res.end((error as { code: string }).code);
      }
    });
    expect(await site.send('/', KNOWN)).toMatchObject({ status: 200, body: 'ERR_INVALID_ARG_TYPE' });
    expect(dataOf(store, 'known')).toEqual({ a: 2 });
  });

  it('sends no cookie for a new session that could not be stored (W4)', async () => {
    const store = brokenStore(session, 'set', 'passes');
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 1;
      res.end('body');
    });
    expect(await site.send()).toMatchObject({ status: 200, body: 'body', cookies: [] });
    expect(await site.lateError).toEqual(new Error('the store is broken'));
  });

  it.each([{ cookie: 42 }, { cookie: { maxAge: '60' } }])(
    'leaves no incomplete session if the options are invalid: %p (W5)',
    async (wrong) => {
      let response: Awaited<ReturnType<Awaited<ReturnType<typeof serve>>['send']>> | undefined;
      try {
        const site = await serve(session({ ...QUIET, ...(wrong as unknown as Options) }));
        response = await site.send();
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return;
      }
      expect(response).toMatchObject({ status: 500, cookies: [] });
    },
  );

  describe('when requests of one session run concurrently', () => {
    /** Each request at /first waits after its session was loaded. */
    async function meet(options: Partial<Options> = {}, data: object = {}) {
      const store = recordingStore(session, { known: data });
      const [arrived, goOn] = [later<void>(), later<void>()];
      const site = await serve(session({ ...QUIET, ...options, store }), async (req, res) => {
        if (req.url!.startsWith('/first')) {
          arrived.set();
          await goOn.value;
        }
        if (req.url!.endsWith('/change')) Object.assign(req.session, { [req.url!]: 1 });
        if (req.url!.endsWith('/nested')) (req.session['cart'] as Record<string, number>)[req.url!] = 1;
        if (req.url === '/logout') await errorOf((done) => req.session.destroy(done));
        if (req.url === '/login') await errorOf((done) => req.session.regenerate(done));
        res.end();
      });
      const first = async (path: string): Promise<() => Promise<unknown>> => {
        const response = site.send(path, KNOWN);
        await arrived.value;
        return () => {
          goOn.set();
          return response;
        };
      };
      return { store, site, first };
    }

    it('keeps the changes of both (W6)', async () => {
      const { store, site, first } = await meet();
      const finish = await first('/first/change');
      await site.send('/second/change', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({ '/first/change': 1, '/second/change': 1 });
    });

    it('keeps the changes of both in one object (W6)', async () => {
      const { store, site, first } = await meet({}, { cart: { old: 1 } });
      const finish = await first('/first/nested');
      await site.send('/second/nested', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({
        cart: { old: 1, '/first/nested': 1, '/second/nested': 1 },
      });
    });

    it('does not write an old state, with and without resave (W6)', async () => {
      const { store, site, first } = await meet({ resave: true });
      const finish = await first('/first/look');
      await site.send('/second/change', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({ '/second/change': 1 });
    });

    it('includes the changes of others for stores that write the session at a touch (W6)', async () => {
      const { store, site, first } = await meet();
      store.touch = (id, data, done) => store.set(id, data, done);
      const finish = await first('/first/look');
      await site.send('/second/change', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({ '/second/change': 1 });
    });

    it('touches the session concurrently', async () => {
      const store = heldStore(session, 'touch', { known: {} });
      const site = await serve(session({ ...QUIET, store }));
      const responses = [site.send('/', KNOWN), site.send('/', KNOWN)];
      await store.called(2);
      store.release();
      store.release();
      expect(await Promise.all(responses)).toMatchObject([{ status: 200 }, { status: 200 }]);
    });

    it.each(['/logout', '/login'])('does not restore a session that %s removed (W6)', async (path) => {
      const { store, site, first } = await meet();
      const finish = await first('/first/change');
      await site.send(path, KNOWN);
      await finish();
      expect(store.sessions).not.toHaveProperty('known');
    });

    it('does not restore a session that was removed while it was being loaded (W6)', async () => {
      const store = recordingStore(session, { known: {} });
      const arrived = later<() => void>();
      const { get } = store;
      store.get = (id, done) => {
        store.get = get;
        get.call(store, id, (error, found) => arrived.set(() => done(error, found)));
      };
      const site = await serve(session({ ...QUIET, store }), async (req, res) => {
        if (req.url === '/logout') await errorOf((done) => req.session.destroy(done));
        else req.session['a'] = 1;
        res.end();
      });
      const late = site.send('/', KNOWN);
      const load = await arrived.value;
      await site.send('/logout', KNOWN);
      load();
      await late;
      expect(store.sessions).toEqual({});
    });

    it('keeps a change of another process that was loaded later (W6)', async () => {
      const { store, site, first } = await meet();
      const finish = await first('/first/look');
      await site.send('/second/change', KNOWN);
      const elsewhere = JSON.parse(store.sessions['known']!) as object;
      store.sessions['known'] = JSON.stringify({ ...elsewhere, '/second/change': 2, elsewhere: 1 });
      await site.send('/third/change', KNOWN);
      expect(dataOf(store, 'known')).toEqual({ '/second/change': 2, '/third/change': 1, elsewhere: 1 });
      await finish();
    });

    it('keeps the later changes of an aborted request (W6)', async () => {
      const store = recordingStore(session, { known: {} });
      const [closed, goOn, ended] = [later<void>(), later<void>(), later<void>()];
      const [arrived, second, secondGoOn] = [later<void>(), later<void>(), later<void>()];
      const site = await serve(session({ ...QUIET, store }), async (req, res) => {
        if (req.url === '/aborted') {
          arrived.set();
          await once(res, 'close');
          closed.set();
          await goOn.value;
          req.session['aborted'] = 1;
          await errorOf((done) => req.session.save(done));
          ended.set();
          return;
        }
        second.set();
        await secondGoOn.value;
        req.session['second'] = 1;
        res.end();
      });
      const aborted = rawRequest(site.url, '/aborted', KNOWN);
      await arrived.value;
      aborted.abort();
      await closed.value;
      const other = site.send('/second', KNOWN);
      await second.value;
      goOn.set();
      await ended.value;
      secondGoOn.set();
      await other;
      expect(dataOf(store, 'known')).toEqual({ aborted: 1, second: 1 });
    });
  });

  it('keeps originalMaxAge over many touches (W7)', () => {
    let now = Date.UTC(2030, 0, 1);
    jest.spyOn(Date, 'now').mockImplementation(() => now++);
    const cookie = new session.Cookie({ maxAge: 60_000 });
    for (let round = 0; round < 10; round++) cookie.maxAge = cookie.originalMaxAge!;
    expect(cookie.originalMaxAge).toBe(60_000);
  });

  it('matches the path at segment boundaries (W8)', async () => {
    const site = await serve(session({ ...QUIET, cookie: { path: '/admin' } }), (req, res) =>
      res.end(typeof req.session),
    );
    const seen: string[] = [];
    for (const path of ['/admin', '/admin/users', '/administrator', '/'])
      seen.push((await site.send(path)).body);
    expect(seen).toEqual(['object', 'object', 'undefined', 'undefined']);
  });

  it.each([
    [{ secure: 'auto' }, /; HttpOnly$/],
    [{ sameSite: 'auto' }, /; SameSite=Lax$/],
  ] as const)('understands %p also from a function (W9)', async (options, expected) => {
    const site = await serve(session({ ...QUIET, saveUninitialized: true, cookie: () => options }));
    const { cookies } = await site.send();
    expect(cookies).toEqual([expect.stringMatching(expected)]);
  });

  it('applies the options of each of two middlewares on one store, with one pair of listeners (W10)', async () => {
    const store = recordingStore(session);
    const options = { ...QUIET, store, saveUninitialized: true };
    const one = session({ ...options, genid: () => 'one', cookie: { path: '/one' } });
    const two = session({ ...options, genid: () => 'two', cookie: { path: '/two' } });
    session(options);
    const site = await serve([one, two]);
    expect((await site.send('/one')).cookies[0]).toMatch(/=s%3Aone\..*Path=\/one/);
    expect((await site.send('/two')).cookies[0]).toMatch(/=s%3Atwo\..*Path=\/two/);
    expect([store.listenerCount('connect'), store.listenerCount('disconnect')]).toEqual([1, 1]);
  });

  it('saves once if the application saves after regenerate (W11)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      await errorOf((done) => req.session.regenerate(done));
      req.session['user'] = 'ada';
      await errorOf((done) => req.session.save(done));
      res.end();
    });
    expect((await site.send('/', KNOWN)).cookies).toHaveLength(1);
    expect(store.calls.join(' ')).toBe('get destroy set');
  });

  it.each([
    ['an application that waits', true],
    ['an application that does not wait', false],
  ])('repeats a failed save at the end: for %s (W12)', async (_what, waits) => {
    const store = recordingStore(session, { known: {} });
    const { set } = store;
    store.set = (_id, _data, done) => {
      store.calls.push('failed');
      store.set = set;
      setImmediate(() => done?.(new Error('once')));
    };
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      req.session['a'] = 1;
      if (waits) await errorOf((done) => req.session.save(done));
      else req.session.save();
      res.end();
    });
    await site.send('/', KNOWN);
    expect(store.calls.join(' ')).toBe('get failed set');
    expect(dataOf(store, 'known')).toEqual({ a: 1 });
  });

  it.each<[string, Record<string, string>]>([
    ['a known', KNOWN],
    ['a new', {}],
  ])(
    'does not replace the error page after an explicit save of %s session has thrown',
    async (_what, headers) => {
      const store = brokenStore(session, 'set', 'throws', { known: {} });
      const site = await serve(session({ ...QUIET, store }), (req, res) => {
        req.session['a'] = 1;
        try {
          req.session.save();
        } catch (error) {
          res.statusCode = 500;
          res.end(`page: ${(error as Error).message}`);
        }
      });
      const response = await site.send('/', headers);
      expect(response).toMatchObject({ status: 500, body: 'page: the store is broken', cookies: [] });
      expect(store.calls.filter((call) => call === 'set')).toHaveLength(1);
    },
  );

  it('serves HTTP/2 (W13)', async () => {
    const store = recordingStore(session);
    const middleware = session({ ...QUIET, store });
    const server = await listening(
      createHttp2Server((req, res) => {
        middleware(req as unknown as IncomingMessage, res as unknown as ServerResponse, () => {
          Object.assign((req as unknown as { session: object }).session, { a: 1 });
          res.end('two');
        });
      }) as never,
    );
    const client = connect(server.url);
    const stream = client.request({ ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect([headers[':status'], await text(stream)]).toEqual([200, 'two']);
    expect(headers['set-cookie']).toHaveLength(1);
    expect(Object.keys(store.sessions)).toHaveLength(1);
    client.close();
    await server.close();
  });

  it('calls back at the end, and returns the response (W14)', async () => {
    const called = later<string>();
    const site = await serve(session({ ...QUIET, store: recordingStore(session) }), (req, res) => {
      req.session['a'] = 1;
      expect(res.end('x', () => called.set('called'))).toBe(res);
    });
    await site.send();
    expect(await called.value).toBe('called');
  });

  it('writes no id and no cookie to stderr with DEBUG (R120, W15)', async () => {
    const before = process.env['DEBUG'];
    process.env['DEBUG'] = 'express-session,nest-session*';
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      jest.resetModules();
      const { default: fresh } = await import('nest-session/express');
      const store = recordingStore(fresh, { known: {} });
      const site = await serve(fresh({ ...QUIET, store, rolling: true }));
      expect((await site.send('/', KNOWN)).cookies).toHaveLength(1);
      expect(written.mock.calls).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['DEBUG'];
      else process.env['DEBUG'] = before;
    }
  });

  it('ignores a j:{} cookie that cookie-parser has parsed (W16)', async () => {
    const site = await serve([cookieParser(QUIET.secret) as never, session({ ...QUIET })], (req, res) =>
      res.end(typeof req.session),
    );
    const cookie = `connect.sid=${encodeURIComponent('j:{"a":1}')}`;
    expect(await site.send('/', { cookie })).toMatchObject({ status: 200, body: 'object' });
  });

  it.each([undefined, 7, '', Promise.resolve('later')])('fails if genid returns %p (W19)', async (id) => {
    const site = await serve(session({ ...QUIET, genid: (() => id) as never }));
    expect(await site.send()).toMatchObject({
      status: 500,
      body: 'thrown: genid option must return a string that is not empty',
    });
  });

  it.each(['text', {}, 7])(
    'lets the application send an error page if req.session was set to %p (W22)',
    async (value) => {
      const store = recordingStore(session, { known: { a: 1 } });
      const site = await serveWithErrorPage(session({ ...QUIET, store }), (req, res) => {
        Object.assign(req, { session: value });
        res.end('fine');
      });
      const response = await site.send('/', KNOWN);
      expect([response.status, response.cookies]).toEqual([500, []]);
      expect(dataOf(store, 'known')).toEqual({ a: 1 });
    },
  );

  it('does not store a new session that is changed after the head was sent (W25)', async () => {
    const store = recordingStore(session);
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      res.write('data: 1\n\n');
      await turn();
      req.session['a'] = 1;
      res.end();
    });
    expect((await site.send()).cookies).toEqual([]);
    expect(store.calls).toEqual([]);
  });

  it('stores changes after the head of a known session, and of a new one with a cookie (W25)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      req.session['before'] = 1;
      res.write('data: 1\n\n');
      await turn();
      req.session['after'] = 1;
      res.end(req.sessionID);
    });
    await site.send('/', KNOWN);
    expect(dataOf(store, 'known')).toEqual({ before: 1, after: 1 });
    const response = await rawRequest(site.url, '/').answer;
    expect(cookieOf(response)).toBeDefined();
    expect(Object.keys(store.sessions)).toHaveLength(2);
    for (const id of Object.keys(store.sessions)) expect(dataOf(store, id)).toEqual({ before: 1, after: 1 });
  });
});

describe('faults of express-session that stay', () => {
  it('uses the stored attributes of the cookie, not changed options (W17)', async () => {
    const store = recordingStore(session, { known: {} });
    const cookie = { maxAge: 60_000, path: '/', domain: 'example.com' };
    const site = await serve(session({ ...QUIET, store, rolling: true, cookie }));
    const { cookies } = await site.send('/', KNOWN);
    expect(cookies).toEqual([expect.stringMatching(/; Path=\/; HttpOnly$/)]);
  });

  it('stores a session whose secure cookie cannot be sent (W18)', async () => {
    const store = recordingStore(session);
    const site = await serve(session({ ...QUIET, store, cookie: { secure: true } }), (req, res) => {
      req.session['a'] = 1;
      res.end();
    });
    expect((await site.send()).cookies).toEqual([]);
    expect(store.calls).toEqual(['set']);
  });

  it('leaves the cookie of a destroyed session in the browser (W20)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      await errorOf((done) => req.session.destroy(done));
      res.end();
    });
    expect(await site.send('/', KNOWN)).toMatchObject({ status: 200, cookies: [] });
  });

  it('passes requests on without a session while the store is disconnected (W21)', async () => {
    const store = recordingStore(session);
    const site = await serve(session({ ...QUIET, store }), (req, res) => res.end(typeof req.session));
    store.emit('disconnect');
    expect(await site.send()).toMatchObject({ status: 200, body: 'undefined' });
    store.emit('connect');
    expect(await site.send()).toMatchObject({ body: 'object' });
  });
});
