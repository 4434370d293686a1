import {
  Controller,
  Get,
  HttpCode,
  Module,
  Param,
  Post,
  Req,
  RequestMethod,
  UseGuards,
  type MiddlewareConsumer,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Request, RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import {
  CurrentPrincipal,
  getSession,
  MemorySessionStore,
  minutes,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  SessionRegistry,
  type UserSession,
} from 'nest-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

type Done = (error?: unknown) => void;

/** Where passport stores its user. */
const userOf = (session: UserSession): string | undefined =>
  (session['passport'] as { user?: string } | undefined)?.user;

/** `req.logIn()` of passport 0.7: a new id, the user, then a save. */
function logIn(req: IncomingMessage, user: string, done: Done): void {
  getSession(req)!.regenerate((failed) => {
    if (failed !== undefined) return done(failed);
    const session = getSession(req)!;
    session['passport'] = { user };
    session.save(done);
  });
}

/** `req.logOut()` of passport 0.7: without the user, a save, then a new id. */
function logOut(req: IncomingMessage, done: Done): void {
  const session = getSession(req)!;
  delete (session['passport'] as { user?: string }).user;
  session.save((failed) => (failed === undefined ? session.regenerate(done) : done(failed)));
}

@Controller()
class UserController {
  @Get('who') who(@CurrentPrincipal() principal: string | null, @Session() session: UserSession) {
    const { id, authenticatedAt, methods } = session;
    return { principal, id, authenticatedAt, methods, cart: session['cart'] ?? null };
  }
  @Get('private') @UseGuards(SessionGuard) @RequireLogin({ authenticatedWithin: minutes(5) }) private() {
    return {};
  }
  @Post('cart') @HttpCode(200) cart(@Session() session: UserSession) {
    session['cart'] = ['book'];
    return {};
  }
  @Post('passport/login/:user') @HttpCode(200) loggedIn(@CurrentPrincipal() principal: string | null) {
    return { principal };
  }
  @Post('passport/logout') @HttpCode(200) loggedOut(@CurrentPrincipal() principal: string | null) {
    return { principal };
  }
  @Post('by-hand/:user') @HttpCode(200) byHand(@Session() session: UserSession, @Param('user') user: string) {
    session['passport'] = { user };
    return { principal: session.principal };
  }
  @Post('real-passport') @HttpCode(200) real(@Req() req: Request) {
    return req.user;
  }
  @Post('real-passport/logout') @HttpCode(200) async realLogout(@Req() req: Request) {
    await new Promise<void>((resolve, reject) =>
      req.logout((error: Error | undefined) => (error === undefined ? resolve() : reject(error))),
    );
    return {};
  }
}

const clock = new FakeClock();

function moduleOf(isExpress: boolean): Type {
  const own = new passport.Passport();
  own.use(new Strategy((name, _password, done) => done(null, { name })));
  own.serializeUser((user, done) => done(null, (user as { name: string }).name));
  own.deserializeUser((name: string, done) => done(null, { name }));

  const login = (req: IncomingMessage, _res: unknown, next: Done): void =>
    logIn(req, (req as { originalUrl?: string }).originalUrl!.split('/').pop()!, next);
  const logout = (req: IncomingMessage, _res: unknown, next: Done): void => logOut(req, next);

  @Module({
    imports: [
      SessionModule.forRoot({ secret: SECRET, store: new MemorySessionStore(), clock, principal: userOf }),
    ],
    controllers: [UserController],
  })
  class AppModule implements NestModule {
    configure(consumer: MiddlewareConsumer): void {
      const { POST } = RequestMethod;
      consumer.apply(login).forRoutes({ path: 'passport/login/:user', method: POST });
      consumer.apply(logout).forRoutes({ path: 'passport/logout', method: POST });
      if (!isExpress) return;
      consumer
        .apply(own.initialize(), own.session() as RequestHandler)
        .forRoutes('real-passport', 'real-passport/logout');
      consumer
        .apply(own.authenticate('local') as RequestHandler)
        .forRoutes({ path: 'real-passport', method: POST });
    }
  }
  return AppModule;
}

interface Who {
  readonly principal: string | null;
  readonly id: string;
  readonly authenticatedAt: number | null;
  readonly methods: object;
  readonly cart: string[] | null;
}

describe.each(ADAPTERS)('the option principal on %s', (name, adapter) => {
  let running: RunningApp;
  let browser: Browser;
  let registry: SessionRegistry;
  beforeEach(async () => {
    running = await startApp(adapter, { imports: [moduleOf(name === 'express')] });
    browser = new Browser(running.url);
    registry = running.app.get(SessionRegistry);
  });
  afterEach(() => running.app.close());

  const who = (by = browser): Promise<Who> => by.get<Who>('/who');
  const post = async (path: string): Promise<unknown> => {
    const response = await browser.post(path);
    expect(response.status).toBe(200);
    return response.json();
  };
  const statusOf = async (path: string, by = browser): Promise<number> => (await by.fetch(path)).status;

  it.each(['/passport/login/ada', '/by-hand/ada'])(
    'binds a login to its user, under a new id, and the old cookie is invalid: %s',
    async (path) => {
      await browser.post('/cart');
      const [before, old] = [await who(), browser.clone()];
      expect(await statusOf('/private')).toBe(401);
      expect(await post(path)).toEqual({ principal: 'ada' });
      const after = await who();
      expect(after).toMatchObject({ principal: 'ada', authenticatedAt: clock.now(), methods: {} });
      expect(after.id).not.toBe(before.id);
      expect(await statusOf('/private')).toBe(200);
      expect(await statusOf('/private', old)).toBe(401);
      expect(await who(old)).toMatchObject({ principal: null, cart: null });
      expect(await registry.list('ada')).toMatchObject([{ principal: 'ada', authenticatedAt: clock.now() }]);
    },
  );

  it('keeps the data of an anonymous visitor where the application does', async () => {
    await browser.post('/cart');
    await post('/by-hand/ada');
    expect(await who()).toMatchObject({ principal: 'ada', cart: ['book'] });
  });

  it.each(['/passport/login/eve', '/by-hand/eve'])(
    'passes no data of one user to the next: %s',
    async (path) => {
      await post('/by-hand/ada');
      await browser.post('/cart');
      const [before, old] = [await who(), browser.clone()];
      await post(path);
      const after = await who();
      expect(after).toMatchObject({ principal: 'eve', cart: null });
      expect(after.id).not.toBe(before.id);
      expect(await who(old)).toMatchObject({ principal: null });
      expect([await registry.count('ada'), await registry.count('eve')]).toEqual([0, 1]);
    },
  );

  it('ends the login at a logout, under a new id', async () => {
    await post('/passport/login/ada');
    await browser.post('/cart');
    const [before, old] = [await who(), browser.clone()];
    expect(await post('/passport/logout')).toEqual({ principal: null });
    const after = await who();
    expect(after).toMatchObject({ principal: null, authenticatedAt: null, cart: null });
    expect(after.id).not.toBe(before.id);
    expect([await statusOf('/private'), await statusOf('/private', old)]).toEqual([401, 401]);
    expect(await registry.count('ada')).toBe(0);
  });

  it('keeps the time of the login while the user stays the same', async () => {
    await post('/passport/login/ada');
    const { id, authenticatedAt } = await who();
    clock.advance(minutes(6));
    await browser.post('/cart');
    await post('/by-hand/ada');
    expect(await who()).toMatchObject({ id, authenticatedAt, cart: ['book'] });
    expect(await statusOf('/private')).toBe(401);
    await post('/passport/login/ada');
    expect((await who()).id).not.toBe(id);
  });

  it('lets the registry end the sessions of a user', async () => {
    await post('/passport/login/ada');
    expect(await registry.revokeAll('ada')).toBe(1);
    expect(await statusOf('/private')).toBe(401);
    expect(await who()).toMatchObject({ principal: null });
  });
});

describe('the option principal and passport itself', () => {
  it('bind a login to its user, and a logout to nobody', async () => {
    const running = await startApp(() => new ExpressAdapter() as never, { imports: [moduleOf(true)] });
    const browser = new Browser(running.url);
    await browser.post('/cart');
    const body = new URLSearchParams({ username: 'ada', password: 'any' });
    const response = await browser.fetch('/real-passport', { method: 'POST', body });
    expect([response.status, await response.json()]).toEqual([200, { name: 'ada' }]);
    expect(await browser.get('/who')).toMatchObject({ principal: 'ada', cart: null });
    expect(await running.app.get(SessionRegistry).count('ada')).toBe(1);
    expect((await browser.post('/real-passport/logout')).status).toBe(200);
    expect(await browser.get('/who')).toMatchObject({ principal: null });
    expect(await running.app.get(SessionRegistry).count('ada')).toBe(0);
    await running.app.close();
  });
});
