import { Controller, Get, Inject, Post, Query } from '@nestjs/common';
import {
  days,
  hours,
  minutes,
  MemorySessionStore,
  Session,
  SessionModule,
  SessionRegistry,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

@Controller()
class AccountController {
  constructor(@Inject(SessionRegistry) private readonly registry: SessionRegistry) {}

  @Post('login') async login(@Session() session: UserSession, @Query('kind') kind: string) {
    await session.login('u1');
    if (kind === 'remember') session.cookie.maxAge = days(20);
    if (kind === 'brief') session.cookie.maxAge = minutes(10);
    if (kind === 'long') session.setLifetime({ idle: days(20) });
    if (kind === 'shared') session.setLifetime({ idle: minutes(10), absolute: hours(1) });
    if (kind === 'forever') session.setLifetime({ idle: Infinity, absolute: Infinity });
    return { left: session.expiresAt };
  }
  @Post('switch') async change(@Session() session: UserSession, @Query('user') user: string) {
    session.setLifetime({ idle: user === 'u1' ? days(20) : days(10) });
    await session.save();
    session['user'] = user;
    return {};
  }
  @Post('confirm') async confirm(@Session() session: UserSession) {
    await session.login('u1', { method: 'otp' });
    return {};
  }
  @Get('who') who(@Session() session: UserSession) {
    return { principal: session.principal };
  }
  @Get('devices') async devices() {
    const [one] = await this.registry.list('u1');
    return { expiresAt: one?.expiresAt ?? null };
  }
  @Get('wrong') wrong(@Session() session: UserSession) {
    session.setLifetime({ idle: 'a week' } as never);
  }
}

describe.each(ADAPTERS)('session.setLifetime() on %s', (_, adapter) => {
  let running: RunningApp;
  let clock: FakeClock;
  let browser: Browser;
  let setCookie: string[];
  afterEach(() => running.app.close());

  async function start(options: Partial<SessionModuleOptions> = {}) {
    clock = new FakeClock();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, clock, ...options })],
      controllers: [AccountController],
    });
    browser = new Browser(running.url);
  }
  const signIn = async (kind: string): Promise<void> => {
    const response = await browser.post(`/login?kind=${kind}`);
    expect(response.status).toBe(201);
    setCookie = response.headers.getSetCookie();
  };
  const isSignedIn = async (): Promise<boolean> =>
    (await browser.get<{ principal: string | null }>('/who')).principal === 'u1';
  const left = async (): Promise<number> =>
    (await browser.get<{ expiresAt: number }>('/devices')).expiresAt - clock.now();

  it.each([
    // kind, unused at most, Max-Age of the cookie in seconds
    ['default', hours(24), null],
    ['shared', minutes(10), null],
    ['long', days(20), null],
    ['remember', days(20), 20 * 24 * 3600],
    ['forever', days(30), null],
  ] as [string, number, number | null][])(
    'decides how long an unused session lives: %s (S-31, S-34)',
    async (kind, idle, maxAge) => {
      await start();
      await signIn(kind);
      expect(setCookie).toHaveLength(1);
      if (maxAge === null) expect(setCookie[0]).not.toContain('Max-Age');
      else expect(setCookie[0]).toContain(`Max-Age=${maxAge};`);
      expect(await left()).toBe(idle);
      clock.advance(idle);
      expect(await isSignedIn()).toBe(false);
      await signIn(kind);
      clock.advance(idle - 1);
      expect(await isSignedIn()).toBe(true);
    },
  );

  it.each(['shared', 'brief'])('keeps a session in use whose idle timeout is short: %s', async (kind) => {
    await start({ timeouts: { touchEvery: minutes(30) } });
    await signIn(kind);
    for (let spent = 0; spent < 6; spent++) {
      clock.advance(minutes(6));
      expect(await isSignedIn()).toBe(true);
    }
  });

  it('ends a session in use, and its cookie, by the absolute timeout (S-35)', async () => {
    await start({ cookie: { maxAge: days(7) } });
    await signIn('shared');
    expect(setCookie[0]).toContain('Max-Age=3600;');
    for (let spent = 0; spent < 11; spent++) {
      clock.advance(minutes(5));
      expect(await isSignedIn()).toBe(true);
    }
    clock.advance(minutes(5));
    expect(await isSignedIn()).toBe(false);
  });

  it('stays through a step-up, which starts the absolute timeout again (S-36)', async () => {
    await start();
    await signIn('shared');
    clock.advance(minutes(9));
    expect((await browser.post('/confirm')).status).toBe(201);
    for (let spent = 0; spent < 11; spent++) {
      clock.advance(minutes(5));
      expect(await isSignedIn()).toBe(true);
    }
    clock.advance(minutes(5));
    expect(await isSignedIn()).toBe(false);
  });

  it('stays with its user where the option principal binds the session to another one', async () => {
    await start({ principal: (session) => session['user'] as string | undefined });
    await browser.post('/switch?user=u2');
    await browser.post('/switch?user=u1');
    expect(await isSignedIn()).toBe(true);
    clock.advance(hours(24));
    expect(await isSignedIn()).toBe(false);
  });

  it('is known to another server on the same store', async () => {
    const store = new MemorySessionStore();
    await start({ store });
    await signIn('long');
    const other = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, clock, store, timeouts: { idle: minutes(5) } })],
      controllers: [AccountController],
    });
    clock.advance(days(19));
    const elsewhere = new Browser(other.url, browser.jar);
    expect(await elsewhere.get('/who')).toEqual({ principal: 'u1' });
    await other.app.close();
  });

  it.each<[string, SessionModuleOptions['cookie']]>([
    ['setLifetime()', {}],
    ['a function cookie', () => ({ maxAge: hours(8) })],
  ])('is limited by a profile: %s (S-37)', async (_, cookie) => {
    await start({ timeouts: { profile: 'aal2' }, cookie });
    await signIn('long');
    clock.advance(hours(1) - 1);
    expect(await isSignedIn()).toBe(true);
    clock.advance(hours(1));
    expect(await isSignedIn()).toBe(false);
    await signIn('default');
    clock.advance(hours(1));
    expect(await isSignedIn()).toBe(false);
  });

  it('does not start with values looser than the profile (S-1)', async () => {
    await start();
    const refused = startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, timeouts: { profile: 'aal3', idle: hours(1) } })],
    });
    await expect(refused).rejects.toThrow(/timeouts\.idle 3600000 is longer than the 900000 \(15 minutes\)/);
  });

  it('fails the request for a wrong value, and the session stays as it is', async () => {
    await start();
    await signIn('shared');
    expect((await browser.fetch('/wrong')).status).toBe(500);
    expect(await left()).toBe(minutes(10));
  });

  it('sets the time to live in a store made for express-session', async () => {
    const expiries: number[] = [];
    const texts = new Map<string, string>();
    type Done = (error?: unknown, session?: unknown) => void;
    const store = {
      get: (id: string, done: Done) => done(null, texts.has(id) ? JSON.parse(texts.get(id)!) : null),
      set: (id: string, session: { cookie: { expires: Date } }, done: Done) => {
        expiries.push(session.cookie.expires.getTime() - clock.now());
        texts.set(id, JSON.stringify(session));
        done();
      },
      destroy: (id: string, done: Done) => done(void texts.delete(id)),
    };
    await start({ store: store as never });
    await signIn('shared');
    expect(expiries).toEqual([minutes(10)]);
    expect([...texts.values()][0]).not.toContain('"lifetime":true');
    clock.advance(minutes(2));
    expect(await isSignedIn()).toBe(true);
    expect(expiries).toEqual([minutes(10), minutes(10)]);
    await browser.post('/confirm');
    expect(expiries.at(-1)).toBe(minutes(10));
  });
});
