import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { Session, SessionModule, type SessionModuleOptions, type UserSession } from 'nest-session';
import { FakeClock } from 'nest-session/testing';
import { days, hours } from '../../lib/core/util/clock.js';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

@Controller()
class CookieController {
  @Get('data') data(@Session() session: UserSession) {
    return { ...session };
  }
  @Post('seed') seed(@Session() session: UserSession) {
    session['n'] = 1;
    return {};
  }
  /** Assigns the settings in the body. Responds with the error of a rejected one. */
  @Post('cookie') @HttpCode(200) async cookie(
    @Session() session: UserSession,
    @Body() settings: Record<string, unknown>,
  ) {
    try {
      for (const [name, value] of Object.entries(settings))
        (session.cookie as unknown as Record<string, unknown>)[name] = value;
      if ('saved' in settings) await session.save();
      return {};
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return { code, message };
    }
  }
  @Post('forget') async forget(@Session() session: UserSession) {
    await session.regenerate();
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('logout-after-change') async logoutAfterChange(@Session() session: UserSession) {
    session.cookie.path = '/never-sent';
    session.cookie.secure = true;
    await session.destroy();
    return {};
  }
  @Get('lifetime') lifetime(@Session() session: UserSession) {
    return { maxAge: session.cookie.maxAge };
  }
  @Post('regenerate') async regenerate(@Session() session: UserSession) {
    await session.regenerate({ keep: 'all' });
    return {};
  }
}

describe.each(ADAPTERS)('the cookie of one session, on %s', (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  let clock: FakeClock;

  afterEach(() => running.app.close());

  const start = async (options: Partial<SessionModuleOptions> = {}): Promise<Browser> => {
    store = new CountingStore();
    clock = new FakeClock();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, clock, ...options })],
      controllers: [CookieController],
    });
    const browser = new Browser(running.url);
    await browser.post('/seed');
    return browser;
  };
  const goTo = (instant: number): void => clock.advance(instant - clock.now());
  const set = (browser: Browser, settings: object): Promise<Response> =>
    browser.fetch('/cookie', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });

  describe('with a setting that cannot be sent', () => {
    it.each<[string, unknown, string]>([
      ['maxAge', Number.MAX_SAFE_INTEGER, 'null or a number of milliseconds up to 400 days'],
      ['sameSite', 'auto', '"lax", "strict", "none", true (strict) or false'],
      ['secure', 'auto', 'true or false'],
      ['domain', 'a;b', 'a host name'],
      ['path', '/;x', 'a path that begins with "/"'],
      ['priority', 'urgent', '"low", "medium" or "high"'],
    ])('rejects the assignment, and later requests succeed: %s', async (name, value, allowed) => {
      const browser = await start();
      const refused = (await (await set(browser, { [name]: value })).json()) as Record<string, string>;
      expect(refused['code']).toBe('ERR_SESSION_VALUE');
      expect(refused['message']).toMatch(`session.cookie.${name} must be `);
      expect(refused['message']).toMatch(allowed);
      expect((await browser.post('/regenerate')).status).toBe(201);
      expect(await browser.get('/data')).toEqual({ n: 1 });
    });

    it('ignores it in a stored record', async () => {
      const browser = await start();
      await set(browser, { maxAge: hours(1) });
      const { load } = store.inner;
      store.inner.load = async (key) => {
        const record = await load.call(store.inner, key);
        if (record === null || typeof record === 'string') return record;
        const bad = JSON.stringify({ originalMaxAge: Number.MAX_SAFE_INTEGER, sameSite: 'auto', path: ';' });
        return { ...record, attributes: new Map([...record.attributes, ['$cookie', bad]]) };
      };
      expect(await browser.get('/data')).toEqual({ n: 1 });
      expect((await browser.post('/seed')).status).toBe(201);
      const renewed = await browser.post('/regenerate');
      expect(renewed.status).toBe(201);
      expect(renewed.headers.getSetCookie()).toEqual([
        expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/),
      ]);
    });
  });

  describe('with changed settings', () => {
    const sent = async (response: Promise<Response>): Promise<string[]> =>
      (await response).headers.getSetCookie().map((line) => line.replace(/=s%3A[^;]*/, '=ID'));
    const CLEARED = 'connect.sid=; Max-Age=0; ';

    it('sends a new lifetime, and its removal', async () => {
      const browser = await start();
      expect(await sent(set(browser, { maxAge: days(20) }))).toEqual([
        expect.stringMatching('Max-Age=1728000;'),
      ]);
      expect(await sent(set(browser, { maxAge: null }))).toEqual([
        'connect.sid=ID; Path=/; HttpOnly; SameSite=Lax',
      ]);
    });

    it('is sent once, also when it ends with the browser', async () => {
      const browser = await start();
      const strict = ['connect.sid=ID; Path=/; HttpOnly; SameSite=Strict'];
      expect(await sent(set(browser, { sameSite: 'strict' }))).toEqual(strict);
      expect(await sent(set(browser, { sameSite: 'strict' }))).toEqual([]);
      expect(await sent(browser.post('/seed'))).toEqual([]);
    });

    it('is sent when the handler has saved the change itself', async () => {
      const browser = await start();
      expect(await sent(set(browser, { priority: 'high', saved: true }))).toEqual([
        'connect.sid=ID; Path=/; HttpOnly; Priority=High; SameSite=Lax',
      ]);
    });

    it.each<[string, object, string, string]>([
      ['path', { path: '/data' }, 'Path=/data; HttpOnly; SameSite=Lax', 'Path=/data; '],
      [
        'domain',
        { domain: 'localhost' },
        'Domain=localhost; Path=/; HttpOnly; SameSite=Lax',
        'Domain=localhost; Path=/; ',
      ],
      ['partitioned', { partitioned: true }, 'Path=/; HttpOnly; Partitioned; SameSite=Lax', 'Path=/; '],
    ])(
      'clears the cookie of the former %s, and a logout clears the new one',
      async (_, settings, now, cleared) => {
        const browser = await start();
        const [former, present, ...others] = await sent(set(browser, settings));
        expect(former).toMatch(/^connect\.sid=; Max-Age=0; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
        expect([present, others]).toEqual([`connect.sid=ID; ${now}`, []]);
        expect(await sent(browser.post('/logout'))).toEqual([expect.stringMatching(`^${CLEARED}${cleared}`)]);
      },
    );

    it('clears the cookie of its own path when regenerate() restores the options', async () => {
      const browser = await start();
      await set(browser, { path: '/forget' });
      const [former, present] = await sent(browser.post('/forget'));
      expect(former).toMatch(`${CLEARED}Path=/forget; `);
      expect(present).toBe('connect.sid=ID; Path=/; HttpOnly; SameSite=Lax');
    });

    it('clears at a logout the cookie that was sent, not the one of the same request', async () => {
      const browser = await start();
      expect(await sent(browser.post('/logout-after-change'))).toEqual([
        expect.stringMatching(/^connect\.sid=; Max-Age=0; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/),
      ]);
    });

    it('is sent with a lifetime up to the end by timeouts.absolute', async () => {
      const browser = await start({ timeouts: { absolute: days(1) } });
      expect(await sent(set(browser, { maxAge: days(20) }))).toEqual([
        expect.stringMatching('Max-Age=86400;'),
      ]);
      clock.advance(hours(18));
      expect(await browser.get('/lifetime')).toEqual({ maxAge: hours(6) });
      expect(await sent(browser.post('/regenerate'))).toEqual([expect.stringMatching('Max-Age=21600;')]);
      expect(await sent(browser.post('/forget'))).toEqual(['connect.sid=ID; Path=/; HttpOnly; SameSite=Lax']);
    });
  });

  describe('with a fixed cookie.expires', () => {
    it.each([
      ['without a touch', []],
      ['with a touch', [hours(1), hours(5)]],
    ])('ends exactly at that instant, %s', async (_, visits) => {
      const expires = new Date(Date.now() + hours(24));
      const browser = await start({ cookie: { expires } });
      goTo(expires.getTime() - hours(24));
      await browser.post('/seed');
      for (const after of visits) {
        goTo(expires.getTime() - hours(24) + after);
        expect(await browser.get('/data')).toEqual({ n: 1 });
      }
      goTo(expires.getTime() - 1);
      expect(await browser.clone().get('/data')).toEqual({ n: 1 });
      goTo(expires.getTime());
      expect(await browser.get('/data')).toEqual({});
    });

    it('is sent with that instant at any time', async () => {
      const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + hours(24));
      const browser = await start({ cookie: { expires } });
      goTo(expires.getTime() - hours(11) - 7);
      const [cookie] = (await browser.post('/regenerate')).headers.getSetCookie();
      expect(cookie).toMatch(`Expires=${expires.toUTCString()}`);
    });
  });
});
