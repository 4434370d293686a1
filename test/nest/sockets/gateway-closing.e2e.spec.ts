import { jest } from '@jest/globals';
import { Body, Controller, Post, UseGuards } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  CurrentPrincipal,
  MemorySessionStore,
  minutes,
  RequireLogin,
  Session,
  SessionActivity,
  SessionModule,
  SessionGuard,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type MakeAdapter, type RunningApp } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { FailingStore } from '../../support/failing-store.js';
import {
  PLATFORMS,
  refusal,
  type GatewayClient,
  type GatewayPlatform,
} from '../../support/gateway-clients.js';
import { SECRET } from '../../support/secret.js';

@Controller()
class LoginController {
  @Post('login') async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user);
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('admin-login') async adminLogin(@Session({ name: 'admin' }) session: UserSession) {
    await session.login('root');
    return {};
  }
  @Post('admin-logout') async adminLogout(@Session({ name: 'admin' }) session: UserSession) {
    await session.destroy();
    return {};
  }
}

let freshRuns = 0;

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('fresh') fresh(@Session({ fresh: true }) session: UserSession) {
    freshRuns++;
    return { event: 'fresh', data: session.principal };
  }
  @SubscribeMessage('who') who(@CurrentPrincipal() principal: string | null) {
    return { event: 'who', data: principal };
  }
  @SessionActivity(false)
  @SubscribeMessage('poll')
  poll(@CurrentPrincipal() principal: string | null) {
    return { event: 'poll', data: principal };
  }
  @SubscribeMessage('write') write(@Session() session: UserSession) {
    session['draft'] = 'unsaved';
    return { event: 'write', data: 'done' };
  }
  @UseGuards(SessionGuard)
  @RequireLogin()
  @SubscribeMessage('secret')
  secret() {
    return { event: 'secret', data: 'secret' };
  }
}

const ALL = ADAPTERS.flatMap(([adapter, makeAdapter]) =>
  PLATFORMS.map((platform) => ({ makeAdapter, platform, label: `${platform.name} on ${adapter}` })),
);

describe.each(ALL)('the sockets of $label', ({ makeAdapter, platform }) => {
  let running: RunningApp[];
  let clients: GatewayClient[];
  beforeEach(() => {
    running = [];
    clients = [];
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    for (const { app } of running) await app.close();
    jest.restoreAllMocks();
  });

  const start = (options: Partial<SessionModuleOptions>, others: SessionModuleOptions[] = []) =>
    startGateway(makeAdapter, platform, [{ secret: SECRET, ...options }, ...others]).then((app) => {
      running.push(app);
      return app;
    });
  const loggedIn = async ({ url }: RunningApp): Promise<Browser> => {
    const browser = new Browser(url);
    await browser.post('/login', { user: 'anna' });
    return browser;
  };
  const connect = async ({ url }: RunningApp, browser: Browser): Promise<GatewayClient> => {
    const client = await platform.connect(url, { cookie: browser.cookie });
    clients.push(client);
    return client;
  };
  const because = (reason: string, code = 1008): string =>
    platform.name === 'ws' ? `${code} ${reason}` : reason;

  it('are closed within checkEvery when another process ends the session (S-42, S-63)', async () => {
    const store = new MemorySessionStore();
    const [here, there] = [await start({ store, checkEvery: 20 }), await start({ store })];
    const browser = await loggedIn(here);
    const client = await connect(here, browser);
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    await new Browser(there.url, browser.jar).post('/logout');
    expect(await client.closed).toBe(because('ended'));
  });

  it('run no handler with a fresh session that another process has ended (S-42)', async () => {
    const store = new MemorySessionStore();
    const [here, there] = [await start({ store, checkEvery: minutes(60) }), await start({ store })];
    const browser = await loggedIn(here);
    const client = await connect(here, browser);
    expect(await client.ask('fresh')).toEqual(['fresh', 'anna']);
    await new Browser(there.url, browser.jar).post('/logout');
    freshRuns = 0;
    client.send('fresh');
    expect(await client.closed).toBe(because('ended'));
    expect(freshRuns).toBe(0);
  });

  it('are closed by a notice of another process with notify, without a check (S-42, S-63)', async () => {
    const options = { store: new MemorySessionStore(), notify: true, checkEvery: minutes(60) };
    const [here, there] = [await start(options), await start(options)];
    const browser = await loggedIn(here);
    const [client, other] = [await connect(here, browser), await connect(here, await loggedIn(here))];
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    await new Browser(there.url, browser.jar).post('/logout');
    expect(await client.closed).toBe(because('logout'));
    expect(await other.ask('secret')).toEqual(['secret', 'secret']);
  });

  it.each([
    ['idle', { idle: minutes(5) }],
    ['absolute', { idle: minutes(6), absolute: minutes(10) }],
  ])('are closed when the %s timeout passes without a message (S-34, S-35)', async (_, timeouts) => {
    const clock = new FakeClock(Date.now());
    const app = await start({ clock, timeouts, checkEvery: 20 });
    const client = await connect(app, await loggedIn(app));
    await client.ask('who');
    clock.advance(minutes(4));
    expect(await client.ask('secret')).toEqual(['secret', 'secret']);
    clock.advance(minutes(4));
    expect(await client.ask('secret')).toEqual(['secret', 'secret']);
    clock.advance(minutes(5));
    expect(await client.closed).toBe(because('expired'));
  });

  it('extend the session with each message, except with @SessionActivity(false)', async () => {
    const clock = new FakeClock(Date.now());
    const app = await start({ clock, timeouts: { idle: minutes(10) }, checkEvery: 20 });
    const browser = await loggedIn(app);
    const [client, polling] = [await connect(app, browser), await connect(app, browser)];
    clock.advance(minutes(9));
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    clock.advance(minutes(9));
    expect(await polling.ask('poll')).toEqual(['poll', 'anna']);
    expect(await client.ask('secret')).toEqual(['secret', 'secret']);
    clock.advance(minutes(9));
    expect(await polling.ask('poll')).toEqual(['poll', 'anna']);
    clock.advance(minutes(1));
    expect(await client.closed).toBe(because('expired'));
  });

  it('are closed with "try again later" where the store fails at the handshake', async () => {
    const store = new FailingStore();
    const app = await start({ store });
    const browser = await loggedIn(app);
    store.fate = () => 'fails';
    const client = await connect(app, browser);
    expect(await client.closed).toBe(because('session-unavailable', 1013));
  });

  it("are anonymous with onStoreError: 'anonymous', until a guard needs the session", async () => {
    const store = new FailingStore();
    const app = await start({ store, onStoreError: 'anonymous' });
    const browser = await loggedIn(app);
    store.fate = () => 'fails';
    const client = await connect(app, browser);
    expect(await client.ask('who')).toEqual(['who', null]);
    store.fate = () => 'works';
    expect(await client.ask('who')).toEqual(['who', null]);
    client.send('secret');
    expect(await client.closed).toBe(because('session-unavailable', 1013));
    expect(await (await connect(app, browser)).ask('secret')).toEqual(['secret', 'secret']);
  });

  it('stay open while the store fails, and guards refuse messages', async () => {
    const store = new FailingStore();
    const app = await start({ store, checkEvery: 20 });
    const client = await connect(app, await loggedIn(app));
    await client.ask('who');
    store.fate = () => 'fails';
    await refusal(platform, client, 'secret', { status: 'error', message: 'Service Unavailable' });
    store.fate = () => 'works';
    expect(await client.ask('secret')).toEqual(['secret', 'secret']);
  });

  it('report changes that nobody has saved, once', async () => {
    const warnings: string[] = [];
    const app = await start({});
    running[0]!.app.useLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (line: string) => void warnings.push(line),
    });
    const browser = await loggedIn(app);
    for (let n = 0; n < 2; n++) {
      const client = await connect(app, browser);
      await client.ask('write');
      await client.close();
    }
    const last = await connect(app, browser);
    await last.ask('who');
    expect(warnings.filter((line) => line.includes('await session.save()'))).toHaveLength(1);
    expect(warnings.join()).not.toContain('unsaved');
  });

  it('have named sessions, and are closed when one of them ends', async () => {
    const admin = { sessionName: 'admin', name: 'admin.sid', secret: SECRET };
    const app = await start({}, [admin]);
    const browser = await loggedIn(app);
    await browser.post('/admin-login');
    const client = await connect(app, browser);
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    await browser.post('/admin-logout');
    expect(await client.closed).toBe(because('logout'));
  });

  it('leave no watch and no timer behind', async () => {
    const app = await start({ checkEvery: 20 });
    const browser = await loggedIn(app);
    const many = await Promise.all(Array.from({ length: 20 }, () => connect(app, browser)));
    await Promise.all(many.map((client) => client.ask('who')));
    await browser.post('/logout');
    await Promise.all(many.map(({ closed }) => closed));
    const load = jest.spyOn(MemorySessionStore.prototype, 'load');
    await browser.post('/login', { user: 'ben' });
    const last = await connect(app, browser);
    await last.ask('who');
    load.mockClear();
    await last.close();
    expect(load).not.toHaveBeenCalled();
  });
});

function startGateway(
  makeAdapter: MakeAdapter,
  platform: GatewayPlatform,
  [first, ...others]: SessionModuleOptions[],
): Promise<RunningApp> {
  return startApp(makeAdapter, {
    imports: [
      first!,
      ...(others.length > 0 ? others : [{ ...first!, sessionName: 'admin', name: 'admin.sid' }]),
    ].map((options) => SessionModule.forRoot(options)),
    controllers: [LoginController],
    providers: [Gateway],
    prepare: (app) => platform.use(app),
  });
}
