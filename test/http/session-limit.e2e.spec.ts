import type { ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import {
  MemorySessionStore,
  sessionMiddleware,
  sessionRegistry,
  type SessionError,
  type SessionLimit,
  type SessionRegistry,
  type UserSession,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

const clock = new FakeClock();
const REJECTING: SessionLimit = { perPrincipal: 1, whenReached: 'reject' };
const cookieIn = (browser: Browser): string | undefined => browser.jar.get('connect.sid');

/** Responds to `/login/<user>`, `/user/<user>`, `/save/<user>` and `/stream/<user>`, and to anything else with the session. */
async function handle(req: SessionRequest, res: ServerResponse): Promise<void> {
  const { session } = req;
  const [, action, value] = req.url!.split('/');
  try {
    if (action === 'cart') session['cart'] = value;
    if (action === 'login') await session.login(value!, { keep: ['cart'] });
    if (action === 'user' || action === 'save') session['user'] = value;
    if (action === 'save') await session.save();
    if (action === 'stream') {
      session['user'] = value;
      res.write('Welcome');
    }
  } catch (error) {
    const { statusCode = 500, code } = error as SessionError;
    session['tried'] = true;
    return void res
      .writeHead(statusCode, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ code }));
  }
  const { principal, isNew } = session;
  res.end(JSON.stringify({ principal, isNew, cart: session['cart'], tried: session['tried'] }));
}

describe.each(FRAMEWORKS)('the option limit on %s', (_, serve) => {
  let registry: SessionRegistry;
  let running: RunningServer;
  const start = async (limit: SessionLimit, isOption = false): Promise<void> => {
    const store = new MemorySessionStore();
    registry = sessionRegistry({ store });
    const principal = (session: UserSession): string => session['user'] as string;
    const option = isOption ? { principal } : {};
    running = await serve(sessionMiddleware({ secret: SECRET, store, limit, clock, ...option }), handle);
  };
  const visitor = async (): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.fetch('/cart/book');
    return browser;
  };
  afterEach(() => running.close());

  it('ends the oldest session of a user at one login too many (S-56)', async () => {
    await start({ perPrincipal: 2 });
    const browsers = [await visitor(), await visitor(), await visitor()];
    for (const browser of browsers) {
      expect((await browser.fetch('/login/u1')).status).toBe(200);
      clock.advance(1);
    }
    const seen = await Promise.all(browsers.map((browser) => browser.get<{ principal: string | null }>('/')));
    expect(seen.map(({ principal }) => principal)).toEqual([null, 'u1', 'u1']);
    expect(await registry.count('u1')).toBe(2);
  });

  it('refuses a login with 429, and the session stays as it was', async () => {
    await start(REJECTING);
    await (await visitor()).fetch('/login/u1');
    const browser = await visitor();
    const before = cookieIn(browser);
    const response = await browser.fetch('/login/u1');
    expect([response.status, await response.json()]).toEqual([429, { code: 'ERR_SESSION_LIMIT' }]);
    expect([response.headers.getSetCookie(), cookieIn(browser)]).toEqual([[], before]);
    // What the application writes afterwards is saved in the session of before.
    const seen = { principal: null, isNew: false, cart: 'book', tried: true };
    expect(await browser.get('/')).toEqual(seen);
    expect(await registry.count('u1')).toBe(1);
  });

  it('replaces the response by a 429 where the option principal binds the session', async () => {
    await start(REJECTING, true);
    await (await visitor()).fetch('/user/u1');
    const browser = await visitor();
    const before = cookieIn(browser);
    const response = await browser.fetch('/user/u1');
    expect([response.status, response.headers.getSetCookie()]).toEqual([429, []]);
    expect(response.headers.get('Retry-After')).toBe(null);
    expect(cookieIn(browser)).toBe(before);
    expect(await browser.get('/')).toEqual({ principal: null, isNew: false, cart: 'book' });
    expect(await registry.count('u1')).toBe(1);
  });

  it('replaces a stream by a 429, of which nothing was sent', async () => {
    await start(REJECTING, true);
    await (await visitor()).fetch('/stream/u1');
    const browser = await visitor();
    const response = await browser.fetch('/stream/u1');
    expect([response.status, response.headers.getSetCookie()]).toEqual([429, []]);
    expect(await response.text()).not.toContain('Welcome');
    expect(await browser.get('/')).toEqual({ principal: null, isNew: false, cart: 'book' });
  });

  it('lets an application that saves send its own response, and stores nothing of the request', async () => {
    await start(REJECTING, true);
    await (await visitor()).fetch('/save/u1');
    const browser = await visitor();
    const response = await browser.fetch('/save/u1');
    expect([response.status, await response.json()]).toEqual([429, { code: 'ERR_SESSION_LIMIT' }]);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await browser.get('/')).toEqual({ principal: null, isNew: false, cart: 'book' });
    const fresh = new Browser(running.url);
    expect((await fresh.fetch('/save/u1')).headers.getSetCookie()).toEqual([]);
    expect(await registry.count('u1')).toBe(1);
  });
});

describe('a refused login with passport on Express', () => {
  let running: RunningServer;
  let registry: SessionRegistry;
  const start = async (
    onError?: (error: unknown, req: Request, res: Response, next: NextFunction) => void,
  ) => {
    const store = new MemorySessionStore();
    registry = sessionRegistry({ store });
    const own = new passport.Passport();
    own.use(new Strategy((name, _, done) => done(null, { name })));
    own.serializeUser((user, done) => done(null, (user as { name: string }).name));
    own.deserializeUser((name: string, done) => done(null, { name }));
    const principal = (session: UserSession): string | undefined =>
      (session['passport'] as { user?: string } | undefined)?.user;
    const app = express();
    const options = { secret: SECRET, store, principal, limit: REJECTING };
    app.use(sessionMiddleware(options) as unknown as RequestHandler);
    app.use(own.initialize(), own.session() as RequestHandler);
    app.get('/login', own.authenticate('local') as RequestHandler, (_, res) => void res.json('in'));
    app.get('/', (req, res) => void res.json((req as unknown as SessionRequest).session.principal));
    app.set('env', 'test');
    if (onError !== undefined) app.use(onError);
    running = await listen(app);
  };
  afterEach(() => running.close());

  it.each<[string, Parameters<typeof start>[0], number]>([
    ['Express itself', undefined, 429],
    ['a page of the application', (_error, _req, res, _next) => void res.status(409).json('Too many'), 409],
  ])('responds by %s', async (_, onError, status) => {
    await start(onError);
    const [first, second] = [new Browser(running.url), new Browser(running.url)];
    expect((await first.fetch('/login?username=ada&password=x')).status).toBe(200);
    expect((await second.fetch('/login?username=ada&password=x')).status).toBe(status);
    expect([await first.get('/'), await second.get('/')]).toEqual(['ada', null]);
    expect(await registry.count('ada')).toBe(1);
  });
});

it('a login that is refused at the commit can get an error response of the application from 400 on', async () => {
  const store = new MemorySessionStore();
  const principal = (session: UserSession): string => session['user'] as string;
  const app = express();
  const options = { secret: SECRET, store, principal, limit: REJECTING };
  app.use(sessionMiddleware(options) as unknown as RequestHandler);
  app.get('/:user', (req, res) => {
    (req as unknown as SessionRequest).session['user'] = req.params['user'];
    res.json('in');
  });
  app.use((_error: unknown, req: Request, res: Response, _next: NextFunction) => {
    res.status(Number(req.query['status'])).json('refused');
  });
  const running = await listen(app);
  const statusFor = async (status: number): Promise<unknown> => {
    const response = await fetch(`${running.url}/u1?status=${status}`);
    return [response.status, await response.json()];
  };
  expect(await statusFor(200)).toEqual([200, 'in']);
  expect(await statusFor(409)).toEqual([409, 'refused']);
  expect(await statusFor(302)).toEqual([429, { statusCode: 429, message: 'Too Many Requests' }]);
  await running.close();
});
