import { Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import {
  getSession,
  loadSession,
  type MemorySessionStore,
  RequireSession,
  Session,
  SessionGuard,
  SessionId,
  SessionModule,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

type AnyRequest = Parameters<typeof getSession>[0];

@Controller()
class PagesController {
  @Get('static') static() {
    return {};
  }
  @Get('page') page(@Session() session: UserSession) {
    return { userId: session['userId'] ?? null, isNew: session.isNew };
  }
  @Get('value') value(@Session('userId') userId: string, @SessionId() id: string) {
    return { userId, hasId: id.length === 32 };
  }
  @Get('own') @UseGuards(SessionGuard) @RequireSession('userId') own(@Req() req: AnyRequest) {
    return { userId: getSession(req)!['userId'] };
  }
  @Get('early') early(@Req() req: AnyRequest) {
    return { ...getSession(req) };
  }
  @Get('loaded') async loaded(@Req() req: AnyRequest) {
    const session = await loadSession(req);
    return { same: getSession(req) === session, userId: session!['userId'] };
  }
  /** Responds while the session is still being loaded. */
  @Get('hasty') hasty(@Req() req: AnyRequest) {
    void loadSession(req);
    return {};
  }
  /** Ignores the error of a load that failed. */
  @Post('stubborn') async stubborn(@Req() req: AnyRequest) {
    await loadSession(req).catch(() => undefined);
    getSession(req)!['userId'] = 'somebody else';
    return {};
  }
  @Post('peek') async peek(@Req() req: AnyRequest & { sessionID: string }) {
    let id: string | null = null;
    try {
      id = req.sessionID;
    } catch {
      // Not loaded yet.
    }
    return { id, userId: (await loadSession(req))!['userId'] };
  }
  @Post('forget-and-ask') async forgetAndAsk(@Req() req: AnyRequest & { session: unknown }) {
    const loading = loadSession(req);
    req.session = null;
    return { found: (await loading) !== undefined, again: (await loadSession(req)) !== undefined };
  }
  @Post('delete') delete(@Req() req: { session?: unknown; raw?: { session?: unknown } }) {
    delete (req.raw ?? req).session;
    return {};
  }
  @Post('forget') forget(@Req() req: { session: unknown }) {
    req.session = null;
    return {};
  }
  @Post('login') login(@Session() session: UserSession) {
    session['userId'] = 'u1';
    return {};
  }
}

describe.each(ADAPTERS)("with load: 'lazy', on %s", (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  const start = async (options: Partial<SessionModuleOptions> = {}): Promise<Browser> => {
    store = new CountingStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, load: 'lazy', ...options })],
      controllers: [PagesController],
    });
    const browser = new Browser(running.url);
    await browser.post('/login');
    store.calls = [];
    return browser;
  };
  afterEach(() => running.app.close());

  it('makes no store call when the session is not used', async () => {
    const browser = await start();
    expect(await browser.get('/static')).toEqual({});
    expect(store.calls).toEqual([]);
  });

  it.each([
    ['/page', { userId: 'u1', isNew: false }],
    ['/value', { userId: 'u1', hasId: true }],
    ['/own', { userId: 'u1' }],
    ['/loaded', { same: true, userId: 'u1' }],
  ])('makes one store call for %s', async (path, expected) => {
    const browser = await start();
    expect(await browser.get(path)).toEqual(expected);
    expect(store.calls).toEqual(['load']);
  });

  it('has a session immediately for visitors without a cookie', async () => {
    await start();
    const visitor = new Browser(running.url);
    expect(await visitor.get('/page')).toEqual({ userId: null, isNew: true });
    expect(await visitor.get('/early')).toEqual({});
    expect((await visitor.fetch('/own')).status).toBe(401);
    expect(store.calls).toEqual([]);
  });

  it('throws at a read before the load, and names the ways to load', async () => {
    const browser = await start();
    expect((await browser.fetch('/early')).status).toBe(500);
  });

  it('responds while a load runs that the handler does not await', async () => {
    const browser = await start();
    expect(await browser.get('/hasty')).toEqual({});
    expect(store.calls).toEqual(['load']);
  });

  it('responds 503 to requests that need the session while the store fails, and runs no guarded handler (S-69)', async () => {
    const browser = await start();
    store.failing = { load: new Error('down') };
    for (const path of ['/page', '/own', '/value', '/loaded'])
      expect([path, (await browser.fetch(path)).status]).toEqual([path, 503]);
    expect((await browser.fetch('/static')).status).toBe(200);
  });

  it('does not treat a session that could not be loaded as new: its cookie stays', async () => {
    const browser = await start();
    const cookie = new Map(browser.jar);
    store.failing = { load: new Error('down') };
    expect((await browser.post('/stubborn')).status).toBe(500);
    expect(browser.jar).toEqual(cookie);
    store.failing = {};
    expect(await browser.get('/page')).toEqual({ userId: 'u1', isNew: false });
  });

  it.each([
    ['destroy', 0, ['load', 'delete']],
    ['keep', 1, []],
  ] as const)('accepts req.session = null before the load, with unset: %s', async (unset, left, calls) => {
    const browser = await start({ unset });
    expect((await browser.post('/forget')).status).toBe(201);
    expect(store.calls).toEqual(calls);
    expect((store.inner as MemorySessionStore).size).toBe(left);
  });

  it('keeps the session when req.sessionID is read before the load', async () => {
    const browser = await start();
    const response = await browser.post('/peek');
    expect(await response.json()).toEqual({ id: null, userId: 'u1' });
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it.each([['/forget-and-ask'], ['/delete']])(
    'deletes a session that was unset before the load, and does not load it again, by %s with unset: destroy',
    async (path) => {
      const browser = await start({ unset: 'destroy' });
      const response = await browser.post(path);
      if (path === '/forget-and-ask') expect(await response.json()).toEqual({ found: false, again: false });
      expect((store.inner as MemorySessionStore).size).toBe(0);
      expect(browser.jar.size).toBe(0);
    },
  );

  it('continues without the session with onStoreError "anonymous"', async () => {
    const browser = await start({ onStoreError: 'anonymous' });
    store.failing = { load: new Error('down') };
    expect(await browser.get('/page')).toEqual({ userId: null, isNew: true });
    expect((await browser.fetch('/own')).status).toBe(503);
  });
});

it.each(['rolling', 'resave', 'saveUninitialized'] as const)(
  "load: 'lazy' contradicts %s, which needs the session of each request",
  async (option) => {
    const imports = [SessionModule.forRoot({ secret: SECRET, load: 'lazy', [option]: true })];
    await expect(startApp(ADAPTERS[0][1], { imports })).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining(option) as string,
    });
  },
);
