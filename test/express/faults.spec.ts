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
import { later, told } from './support/end-promises.js';
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
  it('answers after the session is stored, so that who follows at once finds it (W1)', async () => {
    const store = heldStore(session, 'set');
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      if (req.url === '/me') return res.end(String(req.session['user']));
      req.session['user'] = 'ada';
      res.writeHead(302, { location: '/me' });
      res.end('Found');
    });
    const login = site.ask('/login');
    await store.asked();
    store.release();
    const cookie = (await login).cookies[0]!.split(';')[0]!;
    expect(await site.ask('/me', { cookie })).toMatchObject({ body: 'ada' });
  });

  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    ['a cycle', cycle()],
  ])('lets the application answer where JSON cannot take %s (W2)', async (_what, value) => {
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serveWithErrorPage(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = value;
      res.setHeader('Content-Length', 4);
      res.end('fine');
    });
    const answer = await site.ask('/', KNOWN);
    expect(answer).toMatchObject({
      status: 500,
      body: expect.stringContaining('sorry') as string,
      cookies: [],
    });
    expect(dataOf(store, 'known')).toEqual({ a: 1 });
  });

  it('gives the error to next where JSON cannot take what was changed (W2)', async () => {
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
    expect(await site.ask()).toMatchObject({ status: 500, body: 'sorry', cookies: [] });
    expect(await problem.value).toBeInstanceOf(TypeError);
  });

  it.each<['set' | 'touch' | 'destroy', SessionHandler]>([
    ['set', (req, res) => ((req.session['a'] = 2), res.end('fine'))],
    ['touch', (_req, res) => res.end('fine')],
    ['destroy', (req, res) => (Object.assign(req, { session: null }), res.end('fine'))],
  ])('lets the application answer where %s of the store throws (W2)', async (method, handler) => {
    const store = brokenStore(session, method, 'throws', { known: { a: 1 } });
    const site = await serveWithErrorPage(session({ ...QUIET, store, unset: 'destroy' }), handler);
    const answer = await site.ask('/', KNOWN);
    expect(answer).toMatchObject({ status: 500, body: 'sorry: the store is broken', cookies: [] });
  });

  it('lets the application answer also where the store throws for one request of several (W2)', async () => {
    const store = heldStore(session, 'set', { known: {} });
    const site = await serveWithErrorPage(session({ ...QUIET, store }), (req, res) => {
      req.session[req.url!.slice(1)] = req.url === '/big' ? 1n : 1;
      res.end('fine');
    });
    const good = site.ask('/good', KNOWN);
    await store.asked();
    expect((await site.ask('/big', KNOWN)).status).toBe(500);
    store.release();
    expect(await good).toMatchObject({ status: 200, body: 'fine' });
    expect(dataOf(store, 'known')).toEqual({ good: 1 });
  });

  it('refuses an invalid chunk once, where the application can catch it (W3)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 2;
      try {
        res.end(42 as never);
      } catch (error) {
        res.end((error as { code: string }).code);
      }
    });
    expect(await site.ask('/', KNOWN)).toMatchObject({ status: 200, body: 'ERR_INVALID_ARG_TYPE' });
    expect(dataOf(store, 'known')).toEqual({ a: 2 });
  });

  it('gives no cookie for a new session that could not be stored (W4)', async () => {
    const store = brokenStore(session, 'set', 'tells');
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session['a'] = 1;
      res.end('body');
    });
    expect(await site.ask()).toMatchObject({ status: 200, body: 'body', cookies: [] });
    expect(await site.lateError).toEqual(new Error('the store is broken'));
  });

  it.each([{ cookie: 42 }, { cookie: { maxAge: '60' } }])(
    'leaves no half-made session behind where the options are wrong: %p (W5)',
    async (wrong) => {
      let answer: Awaited<ReturnType<Awaited<ReturnType<typeof serve>>['ask']>> | undefined;
      try {
        const site = await serve(session({ ...QUIET, ...(wrong as unknown as Options) }));
        answer = await site.ask();
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return;
      }
      expect(answer).toMatchObject({ status: 500, cookies: [] });
    },
  );

  describe('when requests of one session are under way together', () => {
    /** Lets each request at /first wait for its turn, after its session was loaded. */
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
        if (req.url === '/logout') await told((done) => req.session.destroy(done));
        if (req.url === '/login') await told((done) => req.session.regenerate(done));
        res.end();
      });
      const first = async (path: string): Promise<() => Promise<unknown>> => {
        const answer = site.ask(path, KNOWN);
        await arrived.value;
        return () => {
          goOn.set();
          return answer;
        };
      };
      return { store, site, first };
    }

    it('keeps what both changed (W6)', async () => {
      const { store, site, first } = await meet();
      const finish = await first('/first/change');
      await site.ask('/second/change', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({ '/first/change': 1, '/second/change': 1 });
    });

    it('keeps what both changed in one object (W6)', async () => {
      const { store, site, first } = await meet({}, { cart: { old: 1 } });
      const finish = await first('/first/nested');
      await site.ask('/second/nested', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({
        cart: { old: 1, '/first/nested': 1, '/second/nested': 1 },
      });
    });

    it('does not write an old state back, whatever resave says (W6)', async () => {
      const { store, site, first } = await meet({ resave: true });
      const finish = await first('/first/look');
      await site.ask('/second/change', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({ '/second/change': 1 });
    });

    it('gives stores that write everything at touch what the others wrote (W6)', async () => {
      const { store, site, first } = await meet();
      store.touch = (id, data, done) => store.set(id, data, done);
      const finish = await first('/first/look');
      await site.ask('/second/change', KNOWN);
      await finish();
      expect(dataOf(store, 'known')).toEqual({ '/second/change': 1 });
    });

    it('lets them touch it at the same time', async () => {
      const store = heldStore(session, 'touch', { known: {} });
      const site = await serve(session({ ...QUIET, store }));
      const answers = [site.ask('/', KNOWN), site.ask('/', KNOWN)];
      await store.asked(2);
      store.release();
      store.release();
      expect(await Promise.all(answers)).toMatchObject([{ status: 200 }, { status: 200 }]);
    });

    it.each(['/logout', '/login'])('brings no session back that was removed by %s (W6)', async (path) => {
      const { store, site, first } = await meet();
      const finish = await first('/first/change');
      await site.ask(path, KNOWN);
      await finish();
      expect(store.sessions).not.toHaveProperty('known');
    });

    it('brings back none that was removed while it was being loaded (W6)', async () => {
      const store = recordingStore(session, { known: {} });
      const arrived = later<() => void>();
      const { get } = store;
      store.get = (id, done) => {
        store.get = get;
        get.call(store, id, (error, found) => arrived.set(() => done(error, found)));
      };
      const site = await serve(session({ ...QUIET, store }), async (req, res) => {
        if (req.url === '/logout') await told((done) => req.session.destroy(done));
        else req.session['a'] = 1;
        res.end();
      });
      const late = site.ask('/', KNOWN);
      const load = await arrived.value;
      await site.ask('/logout', KNOWN);
      load();
      await late;
      expect(store.sessions).toEqual({});
    });

    it('knows of no other process: what was loaded later is not undone (W6)', async () => {
      const { store, site, first } = await meet();
      const finish = await first('/first/look');
      await site.ask('/second/change', KNOWN);
      const elsewhere = JSON.parse(store.sessions['known']!) as object;
      store.sessions['known'] = JSON.stringify({ ...elsewhere, '/second/change': 2, elsewhere: 1 });
      await site.ask('/third/change', KNOWN);
      expect(dataOf(store, 'known')).toEqual({ '/second/change': 2, '/third/change': 1, elsewhere: 1 });
      await finish();
    });

    it('keeps what an aborted request changes later (W6)', async () => {
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
          await told((done) => req.session.save(done));
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
      const other = site.ask('/second', KNOWN);
      await second.value;
      goOn.set();
      await ended.value;
      secondGoOn.set();
      await other;
      expect(dataOf(store, 'known')).toEqual({ aborted: 1, second: 1 });
    });
  });

  it('does not let originalMaxAge drift, however often the session is touched (W7)', () => {
    let now = Date.UTC(2030, 0, 1);
    jest.spyOn(Date, 'now').mockImplementation(() => now++);
    const cookie = new session.Cookie({ maxAge: 60_000 });
    for (let round = 0; round < 10; round++) cookie.maxAge = cookie.originalMaxAge!;
    expect(cookie.originalMaxAge).toBe(60_000);
  });

  it('matches the path at its segments (W8)', async () => {
    const site = await serve(session({ ...QUIET, cookie: { path: '/admin' } }), (req, res) =>
      res.end(typeof req.session),
    );
    const seen: string[] = [];
    for (const path of ['/admin', '/admin/users', '/administrator', '/'])
      seen.push((await site.ask(path)).body);
    expect(seen).toEqual(['object', 'object', 'undefined', 'undefined']);
  });

  it.each([
    [{ secure: 'auto' }, /; HttpOnly$/],
    [{ sameSite: 'auto' }, /; SameSite=Lax$/],
  ] as const)('understands %p also from a function (W9)', async (options, expected) => {
    const site = await serve(session({ ...QUIET, saveUninitialized: true, cookie: () => options }));
    const { cookies } = await site.ask();
    expect(cookies).toEqual([expect.stringMatching(expected)]);
  });

  it('lets two middlewares of one store follow their own options, with one pair of listeners (W10)', async () => {
    const store = recordingStore(session);
    const options = { ...QUIET, store, saveUninitialized: true };
    const one = session({ ...options, genid: () => 'one', cookie: { path: '/one' } });
    const two = session({ ...options, genid: () => 'two', cookie: { path: '/two' } });
    session(options);
    const site = await serve([one, two]);
    expect((await site.ask('/one')).cookies[0]).toMatch(/=s%3Aone\..*Path=\/one/);
    expect((await site.ask('/two')).cookies[0]).toMatch(/=s%3Atwo\..*Path=\/two/);
    expect([store.listenerCount('connect'), store.listenerCount('disconnect')]).toEqual([1, 1]);
  });

  it('saves once where the application saves after regenerate (W11)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      await told((done) => req.session.regenerate(done));
      req.session['user'] = 'ada';
      await told((done) => req.session.save(done));
      res.end();
    });
    expect((await site.ask('/', KNOWN)).cookies).toHaveLength(1);
    expect(store.calls.join(' ')).toBe('get destroy set');
  });

  it.each([
    ['an application that waits', true],
    ['one that does not', false],
  ])('tries at the end again to save what could not be saved: for %s (W12)', async (_what, waits) => {
    const store = recordingStore(session, { known: {} });
    const { set } = store;
    store.set = (_id, _data, done) => {
      store.calls.push('failed');
      store.set = set;
      setImmediate(() => done?.(new Error('once')));
    };
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      req.session['a'] = 1;
      if (waits) await told((done) => req.session.save(done));
      else req.session.save();
      res.end();
    });
    await site.ask('/', KNOWN);
    expect(store.calls.join(' ')).toBe('get failed set');
    expect(dataOf(store, 'known')).toEqual({ a: 1 });
  });

  it.each<[string, Record<string, string>]>([
    ['a known', KNOWN],
    ['a new', {}],
  ])(
    'leaves alone the error page for an explicit save that throws: of %s session',
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
      const answer = await site.ask('/', headers);
      expect(answer).toMatchObject({ status: 500, body: 'page: the store is broken', cookies: [] });
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

  it('calls back at the end, and gives the response (W14)', async () => {
    const called = later<string>();
    const site = await serve(session({ ...QUIET, store: recordingStore(session) }), (req, res) => {
      req.session['a'] = 1;
      expect(res.end('x', () => called.set('called'))).toBe(res);
    });
    await site.ask();
    expect(await called.value).toBe('called');
  });

  it('writes no id and no cookie to stderr, whatever DEBUG says (R120, W15)', async () => {
    const before = process.env['DEBUG'];
    process.env['DEBUG'] = 'express-session,nest-session*';
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      jest.resetModules();
      const { default: fresh } = await import('nest-session/express');
      const store = recordingStore(fresh, { known: {} });
      const site = await serve(fresh({ ...QUIET, store, rolling: true }));
      expect((await site.ask('/', KNOWN)).cookies).toHaveLength(1);
      expect(written.mock.calls).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['DEBUG'];
      else process.env['DEBUG'] = before;
    }
  });

  it('takes what cookie-parser makes of j:{} for no cookie (W16)', async () => {
    const site = await serve([cookieParser(QUIET.secret) as never, session({ ...QUIET })], (req, res) =>
      res.end(typeof req.session),
    );
    const cookie = `connect.sid=${encodeURIComponent('j:{"a":1}')}`;
    expect(await site.ask('/', { cookie })).toMatchObject({ status: 200, body: 'object' });
  });

  it.each([undefined, 7, '', Promise.resolve('later')])('refuses a genid that gives %p (W19)', async (id) => {
    const site = await serve(session({ ...QUIET, genid: (() => id) as never }));
    expect(await site.ask()).toMatchObject({
      status: 500,
      body: 'thrown: genid option must return a string that is not empty',
    });
  });

  it.each(['text', {}, 7])(
    'lets the application answer where req.session was set to %p (W22)',
    async (value) => {
      const store = recordingStore(session, { known: { a: 1 } });
      const site = await serveWithErrorPage(session({ ...QUIET, store }), (req, res) => {
        Object.assign(req, { session: value });
        res.end('fine');
      });
      const answer = await site.ask('/', KNOWN);
      expect([answer.status, answer.cookies]).toEqual([500, []]);
      expect(dataOf(store, 'known')).toEqual({ a: 1 });
    },
  );

  it('stores no new session that was changed after the head is out (W25)', async () => {
    const store = recordingStore(session);
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      res.write('data: 1\n\n');
      await turn();
      req.session['a'] = 1;
      res.end();
    });
    expect((await site.ask()).cookies).toEqual([]);
    expect(store.calls).toEqual([]);
  });

  it('stores what a known or a new session with a cookie becomes after the head is out (W25)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      req.session['before'] = 1;
      res.write('data: 1\n\n');
      await turn();
      req.session['after'] = 1;
      res.end(req.sessionID);
    });
    await site.ask('/', KNOWN);
    expect(dataOf(store, 'known')).toEqual({ before: 1, after: 1 });
    const answer = await rawRequest(site.url, '/').answer;
    expect(cookieOf(answer)).toBeDefined();
    expect(Object.keys(store.sessions)).toHaveLength(2);
    for (const id of Object.keys(store.sessions)) expect(dataOf(store, id)).toEqual({ before: 1, after: 1 });
  });
});

describe('what stays as express-session has it', () => {
  it('follows the stored attributes of the cookie, not the options of today (W17)', async () => {
    const store = recordingStore(session, { known: {} });
    const cookie = { maxAge: 60_000, path: '/', domain: 'example.com' };
    const site = await serve(session({ ...QUIET, store, rolling: true, cookie }));
    const { cookies } = await site.ask('/', KNOWN);
    expect(cookies).toEqual([expect.stringMatching(/; Path=\/; HttpOnly$/)]);
  });

  it('stores a session whose secure cookie cannot be sent: its id may travel otherwise (W18)', async () => {
    const store = recordingStore(session);
    const site = await serve(session({ ...QUIET, store, cookie: { secure: true } }), (req, res) => {
      req.session['a'] = 1;
      res.end();
    });
    expect((await site.ask()).cookies).toEqual([]);
    expect(store.calls).toEqual(['set']);
  });

  it('leaves the cookie of a destroyed session in the browser (W20)', async () => {
    const store = recordingStore(session, { known: {} });
    const site = await serve(session({ ...QUIET, store }), async (req, res) => {
      await told((done) => req.session.destroy(done));
      res.end();
    });
    expect(await site.ask('/', KNOWN)).toMatchObject({ status: 200, cookies: [] });
  });

  it('lets requests pass without a session while the store is disconnected (W21)', async () => {
    const store = recordingStore(session);
    const site = await serve(session({ ...QUIET, store }), (req, res) => res.end(typeof req.session));
    store.emit('disconnect');
    expect(await site.ask()).toMatchObject({ status: 200, body: 'undefined' });
    store.emit('connect');
    expect(await site.ask()).toMatchObject({ body: 'object' });
  });
});
