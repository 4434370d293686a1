import { EventEmitter, once } from 'node:events';
import cookieParser from 'cookie-parser';
import type { ErrorRequestHandler, RequestHandler, Request } from 'express';
import type expressSession from 'express-session';
import request from 'supertest';
import { IMPORTS, OPTIONS, sessionOf, sidOf } from '../support/express-apps.js';

/** Counts the visits of a session. */
const count: RequestHandler = (req, res) => {
  const session = sessionOf(req);
  session['n'] = Number(session['n'] ?? 0) + 1;
  res.json({ n: session['n'], id: req.sessionID });
};

describe.each(IMPORTS)('an application with %s on %s', (_, __, express, session) => {
  describe('and an agent of supertest', () => {
    const build = (options: Partial<expressSession.SessionOptions> = {}) => {
      const app = express();
      app.use(session({ ...OPTIONS, ...options }));
      app.get('/', count);
      app.get('/look', (req, res) => void res.json({ n: sessionOf(req)['n'] ?? null, id: req.sessionID }));
      app.get('/bye', (req, res) => req.session.destroy(() => res.json({ left: req.session ?? null })));
      return app;
    };

    it('identifies each agent by its cookie, which it sends once', async () => {
      const app = build();
      const [ada, bob] = [request.agent(app), request.agent(app)];
      const first = await ada.get('/').expect(200);
      const second = await ada.get('/').expect(200, { n: 2, id: (first.body as { id: string }).id });
      expect(sidOf(first)).toMatch(/^connect\.sid=s%3A/);
      expect(sidOf(second)).toBeUndefined();
      expect((await bob.get('/')).body).toMatchObject({ n: 1 });
      expect((await ada.get('/look')).body).toMatchObject({ n: 2 });
    });

    it('sends the cookie with each response if rolling, and to all with saveUninitialized', async () => {
      const agent = request.agent(
        build({ rolling: true, saveUninitialized: true, cookie: { maxAge: 60_000 } }),
      );
      const sid = sidOf(await agent.get('/look'));
      expect(sid).toBeDefined();
      expect(sidOf(await agent.get('/look'))).toBe(sid);
      expect(sidOf(await agent.get('/'))).toBe(sid);
    });

    it('generates a new session for the cookie of a destroyed one', async () => {
      const agent = request.agent(build());
      const { id } = (await agent.get('/')).body as { id: string };
      await agent.get('/bye').expect(200, { left: null });
      const { body } = (await agent.get('/')) as { body: { id: string; n: number } };
      expect(body.n).toBe(1);
      expect(body.id).not.toBe(id);
    });

    it('accepts neither an unknown id nor one with a bad signature', async () => {
      const app = build();
      const sid = sidOf(await request(app).get('/'))!;
      for (const forged of [sid.slice(0, -3) + 'AAA', 'connect.sid=chosen', 'connect.sid=s%3Achosen.x']) {
        const response = await request(app).get('/').set('Cookie', forged);
        expect(response.body).toMatchObject({ n: 1 });
        expect(sidOf(response)).toBeDefined();
      }
    });
  });

  describe.each([
    ['no secret', undefined],
    ['the same secret', OPTIONS.secret],
    ['another secret', 'another cat'],
  ])('and cookie-parser before it with %s', (___, parserSecret) => {
    const build = () => {
      const app = express();
      app.use(cookieParser(parserSecret), session(OPTIONS));
      app.get('/', count);
      app.get('/theme', (req, res) => {
        res.cookie('theme', 'dark', { signed: parserSecret !== undefined });
        count(req, res, () => undefined);
      });
      app.get('/cookies', (req, res) => {
        const { theme } = { ...req.cookies, ...req.signedCookies } as { theme?: string };
        res.json({ theme, n: sessionOf(req)['n'] });
      });
      return app;
    };

    it('keeps its session', async () => {
      const agent = request.agent(build());
      const { id } = (await agent.get('/')).body as { id: string };
      await agent.get('/').expect(200, { n: 2, id });
    });

    it('keeps its own cookies beside the session', async () => {
      const agent = request.agent(build());
      const response = await agent.get('/theme').expect(200);
      expect(response.headers['set-cookie']).toHaveLength(2);
      await agent.get('/cookies').expect(200, { theme: 'dark', n: 1 });
    });
  });

  describe('and error handlers', () => {
    const build = () => {
      const errors: unknown[][] = [];
      const events = new EventEmitter();
      const handled = once(events, 'error handler');
      const store = new session.MemoryStore();
      const app = express();
      app.use(session({ ...OPTIONS, store }));
      app.get('/', count);
      app.get('/throw', (req) => {
        sessionOf(req)['last'] = 'throw';
        throw new Error('thrown');
      });
      app.get('/next', (req, ___, next) => {
        sessionOf(req)['last'] = 'next';
        setImmediate(() => next(Object.assign(new Error('given'), { status: 422 })));
      });
      app.get('/last', (req, res) => void res.json(sessionOf(req)['last'] ?? null));
      const errorHandler: ErrorRequestHandler = (error: Error & { status?: number }, req, res, next) => {
        errors.push([error.message, res.headersSent]);
        events.emit('error handler');
        if (res.headersSent) return next(error);
        res.status(error.status ?? 500).json({ error: error.message, session: Boolean(req.session) });
      };
      app.use(errorHandler);
      return { app, store, errors, handled };
    };

    it.each([
      ['throw', 500, 'thrown'],
      ['next', 422, 'given'],
    ])('stores what was set before an error: %s', async (path, status, error) => {
      const { app, errors } = build();
      const agent = request.agent(app);
      const response = await agent.get(`/${path}`).expect(status, { error, session: true });
      expect(sidOf(response)).toBeDefined();
      expect((await agent.get('/last')).body).toBe(path);
      expect(errors).toEqual([[error, false]]);
    });

    it('sends 404 and keeps the session', async () => {
      const agent = request.agent(build().app);
      await agent.get('/');
      await agent.get('/nowhere').expect(404);
      expect((await agent.get('/')).body).toMatchObject({ n: 2 });
    });

    it('get the error of a load, without a session (R27, R28)', async () => {
      const { app, store, errors } = build();
      const agent = request.agent(app);
      await agent.get('/');
      store.get = (___, callback) => setImmediate(callback, new Error('store is down'));
      const response = await agent.get('/').expect(500, { error: 'store is down', session: false });
      expect(sidOf(response)).toBeUndefined();
      expect(errors).toEqual([['store is down', false]]);
    });

    it('get the error of a save after the response was sent (R61)', async () => {
      const { app, store, errors, handled } = build();
      const agent = request.agent(app);
      await agent.get('/');
      store.set = (___, ____, callback) => void setImmediate(() => callback?.(new Error('disk is full')));
      await agent.get('/').expect(200);
      await handled;
      expect(errors).toEqual([['disk is full', true]]);
    });
  });

  describe('and routers mounted at paths', () => {
    it('matches the cookie path with the whole URL in nested routers', async () => {
      const app = express();
      const admin = express.Router();
      admin.use(session({ ...OPTIONS, cookie: { path: '/admin' } }));
      admin.get('/deep/er', count);
      app.use('/admin', admin);
      app.get('/', (req, res) => void res.json({ session: typeof req.session }));
      const agent = request.agent(app);
      const response = await agent.get('/admin/deep/er');
      expect(String(response.headers['set-cookie'])).toContain('; Path=/admin;');
      expect((await agent.get('/admin/deep/er?x=1')).body).toMatchObject({ n: 2 });
      await agent.get('/').expect(200, { session: 'undefined' });
    });

    it('has no session outside of the cookie path', async () => {
      const app = express();
      app.use(session({ ...OPTIONS, cookie: { path: '/admin' } }));
      app.get('/shop', (req, res) => void res.json({ session: typeof req.session }));
      await request(app).get('/shop').expect(200, { session: 'undefined' });
    });

    it('shares one session between routers and mounted applications', async () => {
      const app = express();
      const [router, inner] = [express.Router(), express()];
      router.get('/', count);
      inner.get('/', count);
      app.use(session(OPTIONS));
      app.use('/router', router).use('/inner', inner);
      const agent = request.agent(app);
      await agent.get('/router');
      await agent.get('/inner');
      expect((await agent.get('/router')).body).toMatchObject({ n: 3 });
    });
  });

  describe('and several of its middlewares', () => {
    it('runs only the first one, once', async () => {
      const app = express();
      const middleware = session(OPTIONS);
      app.use(middleware, middleware, session({ ...OPTIONS, name: 'second.sid' }));
      app.get('/', count);
      const agent = request.agent(app);
      const response = await agent.get('/');
      expect(response.headers['set-cookie']).toHaveLength(1);
      expect((await agent.get('/')).body).toMatchObject({ n: 2 });
    });

    it('separates those of two paths, each with its own name', async () => {
      const app = express();
      app.use('/shop', session({ ...OPTIONS, name: 'shop.sid' }));
      app.use('/admin', session({ ...OPTIONS, name: 'admin.sid', secret: ['newer', 'older'] }));
      app.get(['/shop', '/admin'], count);
      const agent = request.agent(app);
      expect(sidOf(await agent.get('/shop'), 'shop.sid')).toBeDefined();
      expect(sidOf(await agent.get('/admin'), 'admin.sid')).toBeDefined();
      expect((await agent.get('/shop')).body).toMatchObject({ n: 2 });
      expect((await agent.get('/shop')).body).toMatchObject({ n: 3 });
      expect((await agent.get('/admin')).body).toMatchObject({ n: 2 });
    });

    it('accepts a former secret, and signs with the new one', async () => {
      const store = new session.MemoryStore();
      const build = (secret: string | string[]) => {
        const app = express();
        app.use(session({ ...OPTIONS, secret, store }));
        app.get('/', count);
        return app;
      };
      const sid = sidOf(await request(build('old')).get('/'))!;
      const known = (secret: string | string[]) => request(build(secret)).get('/').set('Cookie', sid);
      expect((await known(['new', 'old'])).body).toMatchObject({ n: 2 });
      expect((await known('new')).body).toMatchObject({ n: 1 });
    });

    it('keeps the stored session if a handler removes it from the request (unset: keep)', async () => {
      const app = express();
      app.use(session(OPTIONS));
      app.get('/', count);
      app.get('/null', (req: Request, res) => {
        (req as { session: unknown }).session = null;
        res.json({});
      });
      const agent = request.agent(app);
      await agent.get('/');
      expect(sidOf(await agent.get('/null').expect(200))).toBeUndefined();
      expect((await agent.get('/')).body).toMatchObject({ n: 2 });
    });
  });
});
