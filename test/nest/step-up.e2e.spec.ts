import { Controller, Get, Param, Post, UseGuards, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  CurrentPrincipal,
  minutes,
  Public,
  RequireLogin,
  RequireSession,
  Session,
  SessionGuard,
  SessionModule,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

@Controller()
@UseGuards(SessionGuard)
@RequireLogin()
class AccountController {
  @Post('visit') @Public() visit(@Session() session: UserSession) {
    session['seen'] = true;
    return {};
  }
  @Post('login/:method') @Public() async login(
    @Session() session: UserSession,
    @Param('method') method: string,
  ) {
    await session.login('u1', { method });
    return {};
  }
  @Post('logout') @Public() async logout(
    @Session() session: UserSession,
    @CurrentPrincipal() principal: string | null,
  ) {
    await session.destroy();
    return { principal };
  }
  @Get('who') @Public() who(@CurrentPrincipal() principal: string | null) {
    return { principal };
  }
  @Get('login') needsLogin(@CurrentPrincipal() principal: string) {
    return { principal };
  }
  @Get('session') @RequireSession() needsSession() {
    return {};
  }
  @Get('recent') @RequireSession({ authenticatedWithin: minutes(5) }) recent() {
    return {};
  }
  @Get('otp') @RequireSession({ method: 'otp' }) otp() {
    return {};
  }
  @Get('odd') @RequireSession({ method: 'constructor' }) odd() {
    return {};
  }
  @Get('recent-otp') @RequireLogin({ authenticatedWithin: minutes(5), method: 'otp' }) recentOtp() {
    return {};
  }
  @Get('role') @RequireLogin('role') role() {
    return {};
  }
}

@Controller('admin')
class AdminController {
  @Post('login') @Public() async login(@Session({ name: 'admin' }) session: UserSession) {
    await session.login(7);
    return {};
  }
  @Get('office') @RequireLogin({ name: 'admin' }) office(
    @CurrentPrincipal({ name: 'admin' }) admin: string,
    @CurrentPrincipal() principal: string | null,
  ) {
    return { admin, principal };
  }
  @Get('page') page() {
    return {};
  }
}

const WAYS = ['login', 'session', 'recent', 'otp', 'odd', 'recent-otp', 'role'] as const;

describe.each(ADAPTERS)('the login of a session on %s', (_, adapter) => {
  let running: RunningApp;
  let browser: Browser;
  let clock: FakeClock;
  afterEach(() => running.app.close());

  async function start(
    controller: Type = AccountController,
    options: Partial<SessionModuleOptions> = {},
    providers: unknown[] = [],
  ): Promise<void> {
    clock = new FakeClock();
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({ secret: SECRET, clock, ...options }),
        SessionModule.forRoot({ sessionName: 'admin', name: 'admin.sid', secret: OTHER_SECRET, clock }),
      ],
      controllers: [controller],
      providers,
    });
    browser = new Browser(running.url);
  }

  /** What each route responds: `ok`, or the reason of its 401. */
  async function reasons(): Promise<Record<string, unknown>> {
    const entries = WAYS.map(async (way) => {
      const response = await browser.fetch(`/${way}`);
      const { reason = 'ok' } = (await response.json()) as { reason?: string };
      expect(response.status).toBe(reason === 'ok' ? 200 : 401);
      return [way, reason] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
  const everyWay = (reason: string): Record<string, string> =>
    Object.fromEntries(WAYS.map((way) => [way, reason]));

  it('meets or fails each requirement, with the reason in the body', async () => {
    await start();
    expect(await reasons()).toEqual(everyWay('no-session'));
    expect(browser.jar.size).toBe(0);
    await browser.post('/visit');
    expect(await reasons()).toEqual({ ...everyWay('no-login'), session: 'ok' });
    await browser.post('/login/pwd');
    const withPassword = {
      ...everyWay('ok'),
      role: 'condition',
      otp: 'method-missing',
      odd: 'method-missing',
      'recent-otp': 'method-missing',
    };
    expect(await reasons()).toEqual(withPassword);
    clock.advance(minutes(5));
    expect(await reasons()).toEqual(withPassword);
    clock.advance(1);
    expect(await reasons()).toEqual({ ...withPassword, recent: 'authentication-too-old' });
    await browser.post('/login/otp');
    const withBoth = { ...everyWay('ok'), role: 'condition', odd: 'method-missing' };
    expect(await reasons()).toEqual(withBoth);
    clock.advance(minutes(4));
    await browser.post('/login/pwd');
    clock.advance(minutes(4));
    // The login is recent, and the use of that method is not.
    expect(await reasons()).toEqual({ ...withBoth, 'recent-otp': 'authentication-too-old' });
  });

  it('is asked for again as RFC 9470 describes, where that helps', async () => {
    await start();
    const responseOf = async (path: string) => {
      const response = await browser.fetch(path);
      const { headers, status } = response;
      return { status, challenge: headers.get('www-authenticate'), body: await response.json() };
    };
    const opaque = { statusCode: 401, message: 'Unauthorized' };
    expect(await responseOf('/recent-otp')).toEqual({
      status: 401,
      challenge: null,
      body: { ...opaque, reason: 'no-session' },
    });
    await browser.post('/login/pwd');
    expect(await responseOf('/recent-otp')).toEqual({
      status: 401,
      challenge:
        'Bearer error="insufficient_user_authentication", ' +
        'error_description="Another authentication method is required", max_age="300", acr_values="otp"',
      body: { ...opaque, reason: 'method-missing', method: 'otp', maxAge: 300 },
    });
    clock.advance(minutes(6));
    expect(await responseOf('/recent')).toEqual({
      status: 401,
      challenge:
        'Bearer error="insufficient_user_authentication", ' +
        'error_description="A more recent authentication is required", max_age="300"',
      body: { ...opaque, reason: 'authentication-too-old', maxAge: 300 },
    });
    expect(await responseOf('/role')).toEqual({
      status: 401,
      challenge: null,
      body: { ...opaque, reason: 'condition' },
    });
    expect((await responseOf('/session')).challenge).toBeNull();
  });

  it.each(['eager', 'lazy'] as const)('gives handlers its principal: load %s', async (load) => {
    await start(AccountController, { load });
    expect(await browser.get('/who')).toEqual({ principal: null });
    await browser.post('/visit');
    expect(await browser.get('/who')).toEqual({ principal: null });
    await browser.post('/login/pwd');
    expect(await browser.get('/who')).toEqual({ principal: 'u1' });
    expect(await browser.get('/login')).toEqual({ principal: 'u1' });
    expect(await (await browser.post('/logout')).json()).toEqual({ principal: 'u1' });
    expect(await browser.get('/who')).toEqual({ principal: null });
  });

  it('belongs to one name, and @Public opens routes under a global guard', async () => {
    await start(AdminController, {}, [{ provide: APP_GUARD, useClass: SessionGuard }]);
    const statusOf = async (path: string): Promise<number> => (await browser.fetch(path)).status;
    expect([await statusOf('/admin/office'), await statusOf('/admin/page')]).toEqual([401, 401]);
    expect((await browser.post('/admin/login')).status).toBe(201);
    expect(await browser.get('/admin/office')).toEqual({ admin: '7', principal: null });
    expect(await statusOf('/admin/page')).toBe(401);
  });
});
