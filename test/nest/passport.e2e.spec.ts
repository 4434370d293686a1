import {
  Controller,
  Get,
  HttpCode,
  Module,
  Post,
  Redirect,
  Req,
  RequestMethod,
  UseGuards,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import flash from 'connect-flash';
import type { Request, RequestHandler } from 'express';
import {
  MemorySessionStore,
  RequireSession,
  Session,
  SessionGuard,
  SessionModule,
  type UserSession,
} from 'nest-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

interface User {
  readonly name: string;
}

@Controller()
class UserController {
  @Get('me') me(@Req() req: Request, @Session() session: UserSession) {
    return { user: req.user ?? null, cart: session['cart'] ?? null, id: session.id };
  }
  @Post('cart') @HttpCode(204) cart(@Session() session: UserSession): void {
    session['cart'] = ['book'];
  }
  @Get('private') @UseGuards(SessionGuard) @RequireSession('passport.user') private(
    @Session('passport.user') name: string,
  ) {
    return { name };
  }
  @Get('any-session') @UseGuards(SessionGuard) anySession(@Req() req: Request) {
    return { authenticated: req.isAuthenticated() };
  }
  @Post(['login', 'login-with-cart']) @HttpCode(200) login(@Req() req: Request) {
    return req.user;
  }
  @Post('login-by-hand') @HttpCode(200) async loginByHand(@Req() req: Request) {
    await new Promise<void>((resolve, reject) =>
      req.login({ name: 'ada' } satisfies User, (error: Error | undefined) =>
        error === undefined ? resolve() : reject(error),
      ),
    );
    return req.user;
  }
  @Post('logout') @HttpCode(200) async logout(@Req() req: Request) {
    await new Promise<void>((resolve, reject) =>
      req.logout((error: Error | undefined) => (error === undefined ? resolve() : reject(error))),
    );
    return { user: req.user };
  }
  @Post('save') @Redirect('/messages') save(@Req() req: Request): void {
    // A message with arguments: without them connect-flash calls util.isArray, which Node 23 removed.
    req.flash('info', 'saved %s', 'it');
  }
  @Get('messages') messages(@Req() req: Request) {
    return req.flash();
  }
}

function moduleOf(store: MemorySessionStore, users: ReadonlySet<string>): Type {
  const own = new passport.Passport();
  own.use(
    new Strategy((name, password, done) => done(null, users.has(name) && password === 'open' && { name })),
  );
  own.serializeUser((user, done) => done(null, (user as User).name));
  own.deserializeUser((name: string, done) => done(null, users.has(name) && { name }));
  // The session stays the same object, so passport's keepSessionInfo has nothing to copy: the handler copies
  // the cart.
  const withCart: RequestHandler = (req, res, next) => {
    const authenticated = (error: unknown, user: User): void => {
      const { session } = req as unknown as { session: UserSession };
      const { cart } = session;
      if (error) return next(error);
      req.logIn(user, (failed: unknown) => {
        session['cart'] = cart;
        next(failed);
      });
    };
    (own.authenticate('local', authenticated) as RequestHandler)(req, res, next);
  };
  const local = (options: object): RequestHandler => own.authenticate('local', options) as RequestHandler;

  @Module({ imports: [SessionModule.forRoot({ secret: SECRET, store })], controllers: [UserController] })
  class AppModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(own.initialize(), own.session() as RequestHandler, flash()).forRoutes('{*splat}');
      consumer
        .apply(local({ failureRedirect: '/failed' }))
        .forRoutes({ path: 'login', method: RequestMethod.POST });
      consumer.apply(withCart).forRoutes({ path: 'login-with-cart', method: RequestMethod.POST });
    }
  }
  return AppModule;
}

interface Me {
  readonly id: string;
  readonly user: User | null;
  readonly cart: string[] | null;
}

describe('passport and connect-flash in a Nest application on SessionModule', () => {
  let running: RunningApp;
  let browser: Browser;
  let users: Set<string>;

  beforeEach(async () => {
    users = new Set(['ada']);
    running = await startApp(() => new ExpressAdapter() as never, {
      imports: [moduleOf(new MemorySessionStore(), users)],
    });
    browser = new Browser(running.url);
  });
  afterEach(() => running.app.close());

  const me = (): Promise<Me> => browser.get<Me>('/me');
  const login = (path = '/login', password = 'open'): Promise<Response> =>
    browser.fetch(path, { method: 'POST', body: new URLSearchParams({ username: 'ada', password }) });
  const status = async (path: string, by = browser): Promise<number> => (await by.fetch(path)).status;

  it.each(['/login', '/login-by-hand'])(
    'logs in under a new id, with an empty session, and the old cookie is invalid: %s',
    async (path) => {
      await browser.post('/cart');
      const before = await me();
      const old = browser.clone();
      const response = await login(path);
      expect([response.status, await response.json()]).toEqual([200, { name: 'ada' }]);
      const after = await me();
      expect(after).toMatchObject({ user: { name: 'ada' }, cart: null });
      expect(after.id).not.toBe(before.id);
      expect(await old.get('/me')).toMatchObject({ user: null, cart: null });
      expect(await status('/private', old)).toBe(401);
    },
  );

  it('can copy attributes from before the login', async () => {
    await browser.post('/cart');
    const before = await me();
    expect((await login('/login-with-cart')).status).toBe(200);
    const after = await me();
    expect(after.id).not.toBe(before.id);
    expect(after).toMatchObject({ user: { name: 'ada' }, cart: ['book'] });
  });

  it('redirects after a wrong password, and changes nothing', async () => {
    await browser.post('/cart');
    const before = await me();
    const failed = await login('/login', 'guess');
    expect([failed.status, failed.headers.get('location')]).toEqual([302, '/failed']);
    expect(failed.headers.getSetCookie()).toEqual([]);
    expect(await me()).toEqual(before);
  });

  it('lets SessionGuard distinguish visitors, sessions and logins', async () => {
    expect([await status('/private'), await status('/any-session')]).toEqual([401, 401]);
    await browser.post('/cart');
    expect([await status('/private'), await status('/any-session')]).toEqual([401, 200]);
    await login();
    expect(await browser.get('/private')).toEqual({ name: 'ada' });
    expect(await browser.get('/any-session')).toEqual({ authenticated: true });
  });

  it('logs out under another new id, and the cookie of the login is invalid', async () => {
    await login();
    const before = await me();
    const old = browser.clone();
    expect(await (await browser.post('/logout')).json()).toEqual({ user: null });
    const after = await me();
    expect(after).toMatchObject({ user: null, cart: null });
    expect(after.id).not.toBe(before.id);
    expect([await status('/private'), await status('/private', old)]).toEqual([401, 401]);
  });

  it('logs in several times, with a new id each time', async () => {
    const ids = new Set<string>();
    for (let round = 0; round < 5; round++) {
      await login();
      ids.add((await me()).id);
      await browser.post('/logout');
      ids.add((await me()).id);
    }
    expect(ids.size).toBe(10);
  });

  it('ends the login of a deleted user', async () => {
    await login();
    users.delete('ada');
    expect(await me()).toMatchObject({ user: null });
    users.add('ada');
    expect([await status('/private'), await status('/any-session')]).toEqual([401, 200]);
  });

  it('shows a flash message once, after the redirect', async () => {
    const saved = await browser.post('/save');
    expect([saved.status, saved.headers.get('location')]).toEqual([302, '/messages']);
    expect(await browser.get('/messages')).toEqual({ info: ['saved it'] });
    expect(await browser.get('/messages')).toEqual({});
  });

  it('keeps flash messages and the login in one session', async () => {
    await login();
    await browser.post('/save');
    await browser.post('/save');
    expect(await browser.get('/messages')).toEqual({ info: ['saved it', 'saved it'] });
    expect(await me()).toMatchObject({ user: { name: 'ada' } });
  });
});
