import {
  Catch,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import expressSession from 'express-session';
import {
  MemorySessionStore,
  OnSession,
  Session,
  SessionModule,
  SessionRegistry,
  type RuntimeOptions,
  type SessionEvent,
  type SessionLimit,
  type UserSession,
} from 'nest-session';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

@Controller()
class UserController {
  @Post('cart') @HttpCode(200) cart(@Session() session: UserSession) {
    session['cart'] = ['book'];
    return {};
  }
  @Post('login/:user') @HttpCode(200) async login(
    @Session() session: UserSession,
    @Param('user') user: string,
  ) {
    await session.login(user, { method: 'pwd' });
    return {};
  }
  @Post('by-hand/:user') @HttpCode(200) byHand(@Session() session: UserSession, @Param('user') user: string) {
    session['user'] = user;
    return {};
  }
  @Post('saved/:user') @HttpCode(200) async saved(
    @Session() session: UserSession,
    @Param('user') user: string,
  ) {
    session['user'] = user;
    try {
      await session.save();
    } catch {
      return { page: 'End a session elsewhere.', principal: session.principal };
    }
    return {};
  }
  @Post('admin/:user') @HttpCode(200) async admin(
    @Session({ name: 'admin' }) session: UserSession,
    @Param('user') user: string,
  ) {
    await session.login(user);
    return {};
  }
  @Get('who') who(@Session() session: UserSession) {
    return { principal: session.principal, isNew: session.isNew, cart: session['cart'] ?? null };
  }
}

class Audit {
  readonly events: SessionEvent[] = [];
  @OnSession('revoked', 'limit-reached', 'login') record(event: SessionEvent) {
    this.events.push(event);
  }
}

/** A filter of the application, which sees each exception. */
@Catch()
class Recorder extends BaseExceptionFilter implements ExceptionFilter {
  static readonly seen: unknown[] = [];
  override catch(exception: unknown, host: ArgumentsHost): void {
    Recorder.seen.push(exception);
    super.catch(exception, host);
  }
}

const clock = new FakeClock();
const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
const WAYS = ['login', 'by-hand'] as const;

describe.each(ADAPTERS)('the option limit on %s', (_, adapter) => {
  let running: RunningApp;
  let registry: SessionRegistry;
  const start = async (limit: SessionLimit, options: Partial<RuntimeOptions> = {}): Promise<void> => {
    const store = new MemorySessionStore();
    const admin = { secret: SECRET, store, sessionName: 'admin', name: 'admin.sid' };
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({ secret: SECRET, store, limit, clock, ...options }),
        SessionModule.forRoot({ ...admin, limit: { perPrincipal: 1 } }),
      ],
      controllers: [UserController],
      providers: [Audit],
      prepare: (app) => app.useGlobalFilters(new Recorder(app.get(HttpAdapterHost).httpAdapter)),
    });
    Recorder.seen.length = 0;
    registry = running.app.get(SessionRegistry);
  };
  afterEach(() => running.app.close());

  const principal = (session: UserSession): string => session['user'] as string;
  const visitor = async (): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.post('/cart');
    return browser;
  };
  const statusOf = async (browser: Browser, path: string): Promise<number> =>
    (await browser.post(path)).status;
  const principalOf = async (browser: Browser): Promise<string | null> =>
    (await browser.get<{ principal: string | null }>('/who')).principal;
  const eventsOf = async (): Promise<readonly SessionEvent[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return running.app.get(Audit).events;
  };

  it.each(MODES.flatMap((mode) => WAYS.map((way) => [mode, way] as const)))(
    'keeps %s for logins by %s (S-56)',
    async (whenReached, way) => {
      await start({ perPrincipal: 2, whenReached }, way === 'by-hand' ? { principal } : {});
      const [one, two, three] = [await visitor(), await visitor(), await visitor()];
      const statuses = [];
      for (const browser of [one, two, three]) {
        statuses.push(await statusOf(browser, `/${way}/ada`));
        clock.advance(1);
      }
      const isRejecting = whenReached === 'reject';
      expect(statuses).toEqual([200, 200, isRejecting ? 429 : 200]);
      const signedIn = [await principalOf(one), await principalOf(two), await principalOf(three)];
      expect(signedIn).toEqual(isRejecting ? ['ada', 'ada', null] : [null, 'ada', 'ada']);
      expect(await registry.count('ada')).toBe(2);
      // A step-up, or the same user again, does not count.
      expect(await statusOf(two, `/${way}/ada`)).toBe(200);
      expect(await registry.count('ada')).toBe(2);
      const events = await eventsOf();
      const [limit, ...more] = events.filter(({ type }) => type === 'limit-reached');
      expect(more).toEqual([]);
      expect(limit).toMatchObject({ principal: 'ada', whenReached, sessionName: 'default' });
      const revoked = events.filter(({ type }) => type === 'revoked');
      expect(revoked).toMatchObject(isRejecting ? [] : [{ reason: 'limit', principal: 'ada' }]);
      expect((limit as unknown as { handles: string[] }).handles).toEqual(
        revoked.map((event) => (event as { handle: string }).handle),
      );
    },
  );

  it.each(WAYS)('responds 429 through the filters of the application: %s', async (way) => {
    await start({ perPrincipal: 1, whenReached: 'reject' }, way === 'by-hand' ? { principal } : {});
    expect(await statusOf(await visitor(), `/${way}/ada`)).toBe(200);
    const browser = await visitor();
    const cookies = [...browser.jar];
    const response = await browser.post(`/${way}/ada`);
    expect([response.status, response.headers.getSetCookie()]).toEqual([429, []]);
    const message = way === 'login' ? (expect.any(String) as string) : 'Too Many Requests';
    expect(await response.json()).toEqual({ statusCode: 429, message });
    expect(Recorder.seen).toHaveLength(1);
    expect([...browser.jar]).toEqual(cookies);
    expect(await browser.get('/who')).toEqual({ principal: null, isNew: false, cart: ['book'] });
  });

  it('lets a handler that saves send its own page', async () => {
    await start({ perPrincipal: 1, whenReached: 'reject' }, { principal });
    await statusOf(await visitor(), '/saved/ada');
    const browser = await visitor();
    const response = await browser.post('/saved/ada');
    expect(await response.json()).toEqual({ page: 'End a session elsewhere.', principal: null });
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    expect(await browser.get('/who')).toEqual({ principal: null, isNew: false, cart: ['book'] });
    expect(await registry.count('ada')).toBe(1);
  });

  it('has a limit of its own for each session name, and for each user by a function', async () => {
    await start({ perPrincipal: async (user) => (user === 'ada' ? 3 : 1) });
    for (let n = 0; n < 4; n++) {
      const browser = await visitor();
      for (const path of ['/login/ada', '/admin/ada']) expect(await statusOf(browser, path)).toBe(200);
      expect(await statusOf(await visitor(), '/login/bob')).toBe(200);
    }
    expect([await registry.count('ada'), await registry.count('bob')]).toEqual([3, 1]);
  });

  it('is exact under 20 concurrent logins', async () => {
    await start({ perPrincipal: 3, whenReached: 'reject' });
    const browsers = await Promise.all(Array.from({ length: 20 }, visitor));
    const statuses = await Promise.all(browsers.map((browser) => statusOf(browser, '/login/ada')));
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(17);
    expect(await registry.count('ada')).toBe(3);
  });
});

describe('the option limit at startup', () => {
  it.each<[string, () => ReturnType<typeof SessionModule.forRoot>]>([
    [
      'forRoot',
      () =>
        SessionModule.forRoot({
          secret: SECRET,
          store: new expressSession.MemoryStore(),
          limit: { perPrincipal: 3 },
        }),
    ],
    [
      'forRootAsync',
      () =>
        SessionModule.forRootAsync({
          store: { useFactory: async () => new expressSession.MemoryStore() },
          useFactory: () => ({ secret: SECRET, limit: { perPrincipal: 3 } }),
        }),
    ],
  ])('refuses a store that cannot limit sessions: %s', async (_, register) => {
    await expect(Test.createTestingModule({ imports: [register()] }).compile()).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringMatching(
        /^The option limit needs a store with .*; MemoryStore has none/,
      ) as unknown,
    });
  });
});
