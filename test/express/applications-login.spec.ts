import cookieParser from 'cookie-parser';
import flash from 'connect-flash';
import { csrfSync } from 'csrf-sync';
import type { RequestHandler } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-local';
import request, { type Response } from 'supertest';
import { IMPORTS, OPTIONS, sessionOf, sidOf } from '../support/express-apps.js';

interface User {
  readonly name: string;
}

/** A passport with one user and the password `open`. */
function passportOfAda() {
  const own = new passport.Passport();
  own.use(
    new Strategy((name, password, done) => done(null, name === 'ada' && password === 'open' && { name })),
  );
  own.serializeUser((user, done) => done(null, (user as User).name));
  own.deserializeUser((name: string, done) => done(null, { name }));
  return own;
}

const onlyUsers: RequestHandler = (req, res, next) =>
  req.isAuthenticated() ? next() : void res.sendStatus(401);

describe.each(IMPORTS)('an application with %s on %s', (_, __, express, session) => {
  describe('and passport', () => {
    const build = () => {
      const app = express();
      const own = passportOfAda();
      app.use(express.urlencoded({ extended: false }));
      app.use(session(OPTIONS), own.initialize(), own.session() as RequestHandler);
      app.post('/cart', (req, res) => {
        sessionOf(req)['cart'] = ['book'];
        res.sendStatus(204);
      });
      app.get('/me', (req, res) => {
        const { passport: login, cart } = sessionOf(req);
        res.json({ user: req.user ?? null, login: login ?? null, cart: cart ?? null, id: req.sessionID });
      });
      app.get('/private', onlyUsers, (req, res) => void res.json(req.user));
      app.post(
        '/login',
        own.authenticate('local', { successRedirect: '/me', failureRedirect: '/login' }) as RequestHandler,
      );
      app.post(
        '/login-with-cart',
        own.authenticate('local', { keepSessionInfo: true }) as RequestHandler,
        (req, res) => void res.json(req.user),
      );
      app.post('/logout', (req, res, next) =>
        req.logout((error) => (error ? next(error) : res.redirect('/me'))),
      );
      return app;
    };
    const LOGIN = 'username=ada&password=open';
    interface Me {
      readonly id: string;
      readonly user: User | null;
      readonly cart: string[] | null;
    }
    const meOf = ({ body }: Response): Me => body as Me;

    it('logs in under a new id, with an empty session; the old cookie is invalid', async () => {
      const app = build();
      const agent = request.agent(app);
      const old = sidOf(await agent.post('/cart').expect(204))!;
      const before = meOf(await agent.get('/me'));
      const login = await agent.post('/login').send(LOGIN).expect(302).expect('Location', '/me');
      expect(sidOf(login)).not.toBe(old);
      const after = meOf(await agent.get('/me'));
      expect(after).toMatchObject({ user: { name: 'ada' }, login: { user: 'ada' }, cart: null });
      expect(after.id).not.toBe(before.id);
      await agent.get('/private').expect(200, { name: 'ada' });
      const stranger = await request(app).get('/me').set('Cookie', old);
      expect(stranger.body).toMatchObject({ user: null, cart: null });
      await request(app).get('/private').set('Cookie', old).expect(401);
    });

    it('can keep the data from before the login', async () => {
      const agent = request.agent(build());
      await agent.post('/cart');
      const before = meOf(await agent.get('/me'));
      await agent.post('/login-with-cart').send(LOGIN).expect(200, { name: 'ada' });
      const after = meOf(await agent.get('/me'));
      expect(after).toMatchObject({ user: { name: 'ada' }, cart: ['book'] });
      expect(after.id).not.toBe(before.id);
    });

    it('redirects after a wrong password, and changes nothing', async () => {
      const agent = request.agent(build());
      await agent.post('/cart');
      const before = meOf(await agent.get('/me'));
      const failed = await agent.post('/login').send('username=ada&password=guess');
      expect([failed.status, failed.headers['location'], sidOf(failed)]).toEqual([302, '/login', undefined]);
      await agent.get('/me').expect(200, before);
      await agent.get('/private').expect(401);
    });

    it('creates no session for a wrong password', async () => {
      const failed = await request(build()).post('/login').send('username=eve&password=guess').expect(302);
      expect(sidOf(failed)).toBeUndefined();
    });

    it('logs out under another new id; the cookie of the login is invalid', async () => {
      const app = build();
      const agent = request.agent(app);
      const login = sidOf(await agent.post('/login').send(LOGIN))!;
      const before = meOf(await agent.get('/me'));
      const logout = await agent.post('/logout').expect(302).expect('Location', '/me');
      expect(sidOf(logout)).toBeDefined();
      expect(sidOf(logout)).not.toBe(login);
      const after = meOf(await agent.get('/me'));
      expect(after).toMatchObject({ user: null, login: null });
      expect(after.id).not.toBe(before.id);
      await request(app).get('/private').set('Cookie', login).expect(401);
    });

    it('logs in repeatedly, under another id each time', async () => {
      const agent = request.agent(build());
      const ids = new Set<string>();
      for (let round = 0; round < 5; round++) {
        await agent.post('/login').send(LOGIN).expect(302);
        ids.add(meOf(await agent.get('/me')).id);
        await agent.post('/logout').expect(302);
        ids.add(meOf(await agent.get('/me')).id);
      }
      expect(ids.size).toBe(10);
    });
  });

  describe('and connect-flash', () => {
    const build = (...before: RequestHandler[]) => {
      const app = express();
      app.use(...before, session(OPTIONS), flash());
      app.post('/save', (req, res) => {
        // A message with arguments: without them connect-flash calls util.isArray, which Node 23 removed.
        req.flash('info', 'saved %s', 'it');
        res.redirect('/');
      });
      app.get('/', (req, res) => void res.json(req.flash()));
      return app;
    };

    it.each([
      ['alone', []],
      ['after cookie-parser', [cookieParser(OPTIONS.secret)]],
    ])('shows a message after the redirect, once (%s)', async (___, before) => {
      const agent = request.agent(build(...before));
      await agent.post('/save').expect(302).expect('Location', '/');
      await agent.get('/').expect(200, { info: ['saved it'] });
      await agent.get('/').expect(200, {});
    });

    it('collects the messages of several redirects', async () => {
      const agent = request.agent(build());
      await agent.post('/save');
      await agent
        .post('/save')
        .redirects(1)
        .expect(200, { info: ['saved it', 'saved it'] });
      await agent.get('/').expect(200, {});
    });
  });

  describe('and csrf-sync', () => {
    const build = () => {
      const { csrfSynchronisedProtection, generateToken, revokeToken } = csrfSync();
      const app = express();
      app.use(session(OPTIONS));
      app.get('/token', (req, res) => void res.json(generateToken(req)));
      app.use(csrfSynchronisedProtection);
      app.post('/save', (req, res) => {
        sessionOf(req)['saved'] = true;
        res.json('saved');
      });
      app.post('/revoke', (req, res) => {
        revokeToken(req);
        res.json('revoked');
      });
      app.get('/saved', (req, res) => void res.json(sessionOf(req)['saved'] ?? false));
      return app;
    };
    const token = async (agent: ReturnType<typeof request.agent>): Promise<string> =>
      (await agent.get('/token').expect(200)).body as string;

    it('accepts the token of the session, and keeps it', async () => {
      const agent = request.agent(build());
      const known = await token(agent);
      await agent.post('/save').set('x-csrf-token', known).expect(200, '"saved"');
      expect(await token(agent)).toBe(known);
      await agent.get('/saved').expect(200, 'true');
    });

    it('sends 403 without a token, with a wrong one and with that of another session', async () => {
      const app = build();
      const agent = request.agent(app);
      const known = await token(agent);
      const otherToken = await token(request.agent(app));
      await agent.post('/save').expect(403);
      for (const wrong of [otherToken, known.slice(1), 'x'])
        await agent.post('/save').set('x-csrf-token', wrong).expect(403);
      await request(app).post('/save').set('x-csrf-token', known).expect(403);
      await agent.get('/saved').expect(200, 'false');
    });

    it('rejects a revoked token', async () => {
      const agent = request.agent(build());
      const known = await token(agent);
      await agent.post('/revoke').set('x-csrf-token', known).expect(200);
      await agent.post('/save').set('x-csrf-token', known).expect(403);
      expect(await token(agent)).not.toBe(known);
    });
  });
});
