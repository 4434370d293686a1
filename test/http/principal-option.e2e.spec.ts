import type { ServerResponse } from 'node:http';
import express, { type RequestHandler } from 'express';
import {
  MemorySessionStore,
  sessionMiddleware,
  sessionRegistry,
  type SessionEvent,
  type SessionRegistry,
  type UserSession,
} from 'nest-session/http';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

const cookieIn = (browser: Browser): string | undefined => browser.jar.get('connect.sid');

describe.each(FRAMEWORKS)('the option principal on %s', (_, serve) => {
  let registry: SessionRegistry;
  let running: RunningServer;
  let browser: Browser;
  let events: SessionEvent[];

  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    const [, action, value] = req.url!.split('/');
    if (action === 'set-cart') session['cart'] = value;
    if (action === 'set-user') session['userId'] = value === 'nobody' ? undefined : value;
    if (action === 'number') session['userId'] = Number(value);
    if (action === 'object') {
      session['userId'] = { id: value };
      return void res.end();
    }
    if (action === 'save') await session.save();
    res.end(JSON.stringify({ ...session, principal: session.principal }));
  };
  const principal = (session: UserSession): string => session['userId'] as string;

  beforeEach(async () => {
    const store = new MemorySessionStore();
    events = [];
    const onEvent = (event: SessionEvent): void => void events.push(event);
    registry = sessionRegistry({ store });
    const session = sessionMiddleware({ secret: SECRET, store, principal, onEvent });
    running = await serve(session, handler);
    browser = new Browser(running.url);
  });
  afterEach(() => running.close());

  it('gives a login without regenerate() a new id, and keeps the attributes (S-9)', async () => {
    await browser.fetch('/set-cart/book');
    const attacker = browser.clone();
    const before = cookieIn(browser);
    expect(await browser.get('/set-user/u1')).toEqual({ cart: 'book', userId: 'u1', principal: 'u1' });
    expect(cookieIn(browser)).not.toBe(before);
    expect(await attacker.get('/')).toEqual({ principal: null });
    expect(await browser.get('/')).toEqual({ cart: 'book', userId: 'u1', principal: 'u1' });
    expect(await registry.list('u1')).toMatchObject([{ principal: 'u1', methods: {} }]);
  });

  it('keeps of another user only what the request has written', async () => {
    await browser.fetch('/set-user/u1');
    await browser.fetch('/set-cart/book');
    const former = browser.clone();
    await browser.fetch('/set-user/u2');
    expect(await browser.get('/')).toEqual({ userId: 'u2', principal: 'u2' });
    expect(await former.get('/')).toEqual({ principal: null });
    expect([await registry.count('u1'), await registry.count('u2')]).toEqual([0, 1]);
  });

  it('ends the login when nobody is signed in any more', async () => {
    await browser.fetch('/set-user/u1');
    const signedIn = cookieIn(browser);
    await browser.fetch('/set-user/nobody');
    expect(cookieIn(browser)).not.toBe(signedIn);
    expect(await registry.count('u1')).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(['created', 'login', 'logout']);
  });

  it('takes a number as decimal text, and responds 500 for an object', async () => {
    await browser.fetch('/number/7');
    expect(await registry.count(7)).toBe(1);
    const other = new Browser(running.url);
    expect((await other.fetch('/object/7')).status).toBe(500);
    expect(cookieIn(other)).toBeUndefined();
  });

  it('makes the session of a user dead for the very next request', async () => {
    await browser.fetch('/set-user/u1');
    expect(await registry.revokeAll('u1')).toBe(1);
    expect(await browser.get('/')).toEqual({ principal: null });
  });
});

describe('the option principal with passport on Express', () => {
  let running: RunningServer;
  let registry: SessionRegistry;
  beforeEach(async () => {
    const store = new MemorySessionStore();
    registry = sessionRegistry({ store });
    const own = new passport.Passport();
    own.use(new Strategy((name, _, done) => done(null, { name })));
    own.serializeUser((user, done) => done(null, (user as { name: string }).name));
    own.deserializeUser((name: string, done) => done(null, { name }));
    const principal = (session: UserSession): string | undefined =>
      (session['passport'] as { user?: string } | undefined)?.user;
    const app = express();
    app.use(sessionMiddleware({ secret: SECRET, store, principal }) as unknown as RequestHandler);
    app.use(own.initialize(), own.session() as RequestHandler);
    app.get('/login', own.authenticate('local') as RequestHandler, (_, res) => void res.json('in'));
    app.get('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.json('out'))));
    app.get('/', (req, res) => {
      const { session } = req as unknown as SessionRequest;
      if (req.query['cart'] !== undefined) session['cart'] = req.query['cart'];
      res.json({ principal: session.principal, cart: session['cart'] ?? null });
    });
    running = await listen(app);
  });
  afterEach(() => running.close());

  it('follows login and logout', async () => {
    const browser = new Browser(running.url);
    await browser.get('/?cart=book');
    await browser.fetch('/login?username=ada&password=x');
    expect(await browser.get('/')).toEqual({ principal: 'ada', cart: null });
    expect(await registry.count('ada')).toBe(1);
    await browser.get('/?cart=pen');
    await browser.fetch('/login?username=bob&password=x');
    expect(await browser.get('/')).toEqual({ principal: 'bob', cart: null });
    expect([await registry.count('ada'), await registry.count('bob')]).toEqual([0, 1]);
    await browser.fetch('/logout');
    expect(await browser.get('/')).toEqual({ principal: null, cart: null });
    expect(await registry.count('bob')).toBe(0);
  });
});
