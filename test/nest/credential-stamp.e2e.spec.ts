import { Controller, Get, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import {
  CurrentPrincipal,
  loadSession,
  MemorySessionStore,
  minutes,
  Public,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  type RuntimeOptions,
  type SessionEvent,
  type UserSession,
} from 'nest-session';
import { MemoryStore } from 'nest-session/express';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

const handled: string[] = [];
const passwords = new Map<string, unknown>();
const of = async (principal: string): Promise<string> => passwords.get(principal) as string;

/** What happens while the route `slow` runs. */
const meanwhile = { started: (): void => undefined, done: Promise.resolve() };

@Controller()
@UseGuards(SessionGuard)
@RequireLogin()
class AccountController {
  @Post('login/:user') @Public() @HttpCode(200) async login(
    @Session() session: UserSession,
    @Param('user') user: string,
  ) {
    await session.login(user, { method: 'pwd' });
    return {};
  }
  @Post('by-hand/:user') @Public() @HttpCode(200) byHand(
    @Session() session: UserSession,
    @Param('user') user: string,
  ) {
    session['user'] = user;
    return {};
  }
  @Post('password/:to') @HttpCode(200) async password(
    @Session() session: UserSession,
    @CurrentPrincipal() user: string,
    @Param('to') to: string,
  ) {
    passwords.set(user, to);
    await session.refreshStamp();
    return {};
  }
  @Post('slow') @HttpCode(200) async slow(@Session() session: UserSession) {
    meanwhile.started();
    await meanwhile.done;
    session['n'] = 1;
    return {};
  }
  @Get('account') account(@CurrentPrincipal() user: string) {
    handled.push(user);
    return { user };
  }
  @Get('public') @Public() async open(@Req() req: object) {
    const session = await loadSession(req as never);
    return { user: session?.principal ?? null };
  }
}

describe.each(ADAPTERS)('the option credentialStamp on %s', (_, adapter) => {
  let running: RunningApp;
  let clock: FakeClock;
  let events: SessionEvent[];
  const start = async (options: Partial<RuntimeOptions> = {}): Promise<void> => {
    clock = new FakeClock();
    events = [];
    handled.length = 0;
    passwords.clear();
    for (const user of ['ada', 'bob']) passwords.set(user, 'first');
    const onEvent = (event: SessionEvent): void => void events.push(event);
    const store = new MemorySessionStore();
    const given = { secret: SECRET, store, clock, onEvent, credentialStamp: { of }, ...options };
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot(given)],
      controllers: [AccountController],
    });
  };
  afterEach(() => running.app.close());

  const signedIn = async (user: string, way = 'login'): Promise<Browser> => {
    const browser = new Browser(running.url);
    expect((await browser.post(`/${way}/${user}`)).status).toBe(200);
    return browser;
  };
  const statusOf = async (browser: Browser): Promise<number> => (await browser.fetch('/account')).status;

  it.each(['eager', 'lazy'] as const)(
    'keeps the browser that changed the password, and the other never reaches a handler (S-46), %s',
    async (load) => {
      await start({ load });
      const [mine, other, bob] = [await signedIn('ada'), await signedIn('ada'), await signedIn('bob')];
      expect(await statusOf(other)).toBe(200);
      handled.length = 0;
      expect((await mine.post('/password/second')).status).toBe(200);
      const refused = await other.fetch('/account');
      expect([refused.status, await refused.json()]).toMatchObject([401, { reason: 'no-session' }]);
      expect(handled).toEqual([]);
      expect([await statusOf(mine), await statusOf(bob)]).toEqual([200, 200]);
      clock.advance(minutes(2));
      expect([await statusOf(mine), await statusOf(other), await statusOf(bob)]).toEqual([200, 401, 200]);
      expect(await other.get('/public')).toEqual({ user: null });
    },
  );

  it('works with logins by the option principal', async () => {
    await start({ principal: (session) => session['user'] as string | undefined });
    const [mine, other] = [await signedIn('ada', 'by-hand'), await signedIn('ada', 'by-hand')];
    await mine.post('/password/second');
    expect([await statusOf(mine), await statusOf(other)]).toEqual([200, 401]);
  });

  it('works with a store made for express-session', async () => {
    await start({ store: new MemoryStore() as unknown as NonNullable<RuntimeOptions['store']> });
    const [mine, other] = [await signedIn('ada'), await signedIn('ada')];
    await mine.post('/password/second');
    expect([await statusOf(mine), await statusOf(other)]).toEqual([200, 401]);
    expect(await statusOf(mine)).toBe(200);
  });

  it('keeps a session from before the option that changes the password while a slower request runs', async () => {
    const store = new MemorySessionStore();
    await start({ store, credentialStamp: undefined });
    const mine = await signedIn('ada');
    await running.app.close();
    await start({ store, credentialStamp: { of, checkEvery: 0 } });
    const slow = new Browser(running.url, mine.jar);
    const changed = new Browser(running.url, mine.jar);
    const started = new Promise<void>((resolve) => (meanwhile.started = resolve));
    let end!: () => void;
    meanwhile.done = new Promise((resolve) => (end = resolve));
    const response = slow.post('/slow');
    await started;
    expect((await changed.post('/password/second')).status).toBe(200);
    end();
    expect((await response).status).toBe(200);
    expect(await statusOf(changed)).toBe(200);
  });

  it.each(['eager', 'lazy'] as const)(
    'responds 503 where the option fails, and logs nobody out (S-69), %s',
    async (load) => {
      await start({ load });
      const browser = await signedIn('ada');
      passwords.set('ada', Promise.reject(new Error('down')));
      clock.advance(minutes(1));
      handled.length = 0;
      expect(await statusOf(browser)).toBe(503);
      expect(handled).toEqual([]);
      passwords.set('ada', 'first');
      expect(await statusOf(browser)).toBe(200);
      expect(events.map(({ type }) => type)).toContain('store-down');
    },
  );

  it('responds 503 to a login where the option fails, and 500 where there is no such user', async () => {
    await start();
    passwords.set('ada', Promise.reject(new Error('down')));
    const browser = new Browser(running.url);
    expect((await browser.post('/login/ada')).status).toBe(503);
    expect((await browser.post('/login/nobody')).status).toBe(500);
    expect(await statusOf(browser)).toBe(401);
  });

  it('responds 401 to refreshStamp() of an anonymous visitor behind a guard', async () => {
    await start();
    expect((await new Browser(running.url).post('/password/x')).status).toBe(401);
  });
});
