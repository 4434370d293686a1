import { Controller, Get, Post } from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

const cycle: Record<string, unknown> = {};
cycle['self'] = { back: cycle };

@Controller()
class SessionController {
  @Get('all') all(@Session() s: UserSession | undefined) {
    return { ...s };
  }
  @Get('facts') facts(@Session() s: UserSession) {
    return {
      isNew: s.isNew,
      lived: s.expiresAt - s.createdAt,
      handle: s.handle.length,
      cookie: s.cookie,
      hasId: s.id.length >= 22,
    };
  }
  @Post('seed') seed(@Session() s: UserSession) {
    Object.assign(s, { cart: ['a'], theme: 'dark', secret: 1 });
    return {};
  }
  @Post('regenerate') async regenerate(@Session() s: UserSession) {
    const before = s.id;
    await s.regenerate({ keep: ['cart', 'theme'] });
    s['user'] = 'u1';
    return { changed: before !== s.id };
  }
  @Post('held') async held(@Session() s: UserSession) {
    await s.regenerate();
    s['afterRegenerate'] = true;
    await s.save();
    s['lost'] = true;
    await s.reload();
    s['afterReload'] = true;
    return {};
  }
  @Post('callbacks') callbacks(@Session() s: UserSession): Promise<object> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void =>
        reject(error instanceof Error ? error : new Error(String(error)));
      const returned = s.regenerate((error) => {
        if (error) return fail(error);
        s['user'] = 'u1';
        s.save((saveError) => {
          if (saveError) return fail(saveError);
          s.reload((reloadError) => (reloadError ? fail(reloadError) : resolve({ chained: returned === s })));
        });
      });
    });
  }
  @Post('destroy') destroy(@Session() s: UserSession): Promise<object> {
    return new Promise((resolve) => s.destroy((error) => resolve({ error: error ?? null })));
  }
  @Post('remember') remember(@Session() s: UserSession) {
    s.cookie.maxAge = 7 * 86_400_000;
    return {};
  }
  @Post('bigint') bigint(@Session() s: UserSession) {
    s['cart'] = { items: [{ price: 1n }] };
    return {};
  }
  @Post('cycle') cycle(@Session() s: UserSession) {
    s['tree'] = cycle;
    return {};
  }
  @Post('map') map(@Session() s: UserSession) {
    s['cart'] = { items: new Map([['a', 1]]) };
    return {};
  }
  @Post('forgotten-await') forgottenAwait(@Session() s: UserSession) {
    s['user'] = Promise.resolve({ id: 'u1' });
    return {};
  }
  @Post('async-update') asyncUpdate(@Session() s: UserSession) {
    s.update<unknown>('n', async () => 1);
    return {};
  }
  @Post('deep') deep(@Session() s: UserSession) {
    s['tree'] = JSON.parse('['.repeat(3000) + ']'.repeat(3000));
    return {};
  }
  @Post('toJSON') toJson(@Session() s: UserSession) {
    s['thing'] = {
      toJSON: () => {
        throw new Error('secret reason');
      },
    };
    return {};
  }
  @Post('proto') proto(@Session() s: UserSession) {
    (s as unknown as { __proto__: unknown }).__proto__ = { admin: true };
    return {};
  }
  @Post('controls') controls(@Session() s: UserSession) {
    (s as unknown as { save: unknown }).save = 'x';
    return {};
  }
  @Post('unawaited') unawaited(@Session() s: UserSession) {
    s['n'] = 1n;
    void s.save();
    return {};
  }
}

describe.each(ADAPTERS)('UserSession on %s', (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  let clock: FakeClock;
  let browser: Browser;

  beforeEach(async () => {
    store = new CountingStore();
    clock = new FakeClock();
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({
          secret: SECRET,
          store,
          clock,
          timeouts: { idle: 60_000, absolute: 100_000_000_000 },
        }),
      ],
      controllers: [SessionController],
    });
    browser = new Browser(running.url);
  });
  afterEach(() => running.app.close());

  it('has the public properties of a session', async () => {
    expect(await browser.get('/facts')).toMatchObject({
      isNew: true,
      lived: 60_000,
      handle: 16,
      hasId: true,
    });
    await browser.post('/seed');
    expect(await browser.get('/facts')).toMatchObject({
      isNew: false,
      lived: 60_000,
      cookie: {
        originalMaxAge: null,
        expires: null,
        secure: false,
        httpOnly: true,
        path: '/',
        sameSite: 'lax',
      },
    });
  });

  it('keeps the named attributes under a new id with regenerate(), and the old id is invalid (S-9)', async () => {
    await browser.post('/seed');
    const old = browser.clone();
    expect(await (await browser.post('/regenerate')).json()).toEqual({ changed: true });
    expect(await browser.get('/all')).toEqual({ cart: ['a'], theme: 'dark', user: 'u1' });
    expect(await old.get('/all')).toEqual({});
  });

  it('stays valid in a variable across regenerate() and reload()', async () => {
    await browser.post('/seed');
    await browser.post('/held');
    expect(await browser.get('/all')).toEqual({ afterRegenerate: true, afterReload: true });
  });

  it('accepts callbacks as express-session does, and then returns itself (S-78, R83)', async () => {
    await browser.post('/seed');
    expect(await (await browser.post('/callbacks')).json()).toEqual({ chained: true });
    expect(await browser.get('/all')).toEqual({ user: 'u1' });
    expect(await (await browser.post('/destroy')).json()).toEqual({ error: null });
    expect(browser.jar.size).toBe(0);
  });

  it('expires the cookie of a destroyed session with its own attributes (S-42, W20)', async () => {
    await browser.post('/seed');
    const [line] = (await browser.post('/destroy')).headers.getSetCookie();
    expect(line).toBe(
      'connect.sid=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
    );
  });

  it('ends at its idle timeout, also when the browser still sends the cookie (S-34)', async () => {
    await browser.post('/seed');
    clock.advance(59_999);
    expect(await browser.get('/all')).toMatchObject({ theme: 'dark' });
    clock.advance(60_000);
    expect(await browser.get('/all')).toEqual({});
  });

  it('lives as long as its own maxAge, which the browser receives (S-31)', async () => {
    await browser.post('/seed');
    const [line] = (await browser.post('/remember')).headers.getSetCookie();
    expect(line).toContain('Max-Age=604800');
    clock.advance(6 * 86_400_000);
    expect(await browser.get('/all')).toMatchObject({ theme: 'dark' });
    clock.advance(6 * 86_400_000);
    expect(await browser.get('/all')).toMatchObject({ theme: 'dark' });
    clock.advance(7 * 86_400_000);
    expect(await browser.get('/all')).toEqual({});
  });

  it.each([
    'bigint',
    'cycle',
    'map',
    'forgotten-await',
    'async-update',
    'deep',
    'toJSON',
    'proto',
    'controls',
    'unawaited',
  ])('responds 500 when the session cannot be saved: %s (W2, S-74)', async (path) => {
    const response = await browser.post(`/${path}`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret reason');
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await browser.fetch('/all')).status).toBe(200);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });
});
