import { Body, Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import {
  CurrentPrincipal,
  CurrentSession,
  getSession,
  loadSession,
  MemorySessionStore,
  RequireLogin,
  Session,
  SessionGuard,
  SessionId,
  SessionModule,
  SessionRegistry,
  type SessionEvent,
  type SessionKey,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import {
  PLATFORMS,
  refusal,
  type ConnectOptions,
  type GatewayClient,
} from '../../support/gateway-clients.js';
import { SECRET } from '../../support/secret.js';

@Controller()
class LoginController {
  constructor(private readonly registry: SessionRegistry) {}

  @Post('login') async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user, { method: 'pwd' });
    return { user };
  }
  @Post('note') note(@Session() session: UserSession, @Body() { note }: { note: string }) {
    session['note'] = note;
    return {};
  }
  @Get('note') read(@Session('note') note: unknown) {
    return { note: note ?? null };
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('other-session') async regenerate(@Session() session: UserSession) {
    await session.regenerate();
    session['is'] = 'another';
    return {};
  }
  @Post('revoke-all') async revokeAll(@Body() { user }: { user: string }) {
    return { ended: await this.registry.revokeAll(user) };
  }
  @Post('revoke-everything') async revokeEverything() {
    await this.registry.revokeEverything();
    return {};
  }
  @Get('id') id(@SessionId() id: string, @Req() req: IncomingMessage) {
    return { id, handle: getSession(req)!.handle };
  }
}

/** A store, and how often it was asked for a session. */
function countedStore(): { readonly store: MemorySessionStore; loads: number } {
  const store = new MemorySessionStore();
  const counted = { store, loads: 0 };
  const load = store.load.bind(store);
  store.load = (key: SessionKey, realm?: string) => {
    counted.loads++;
    return load(key, realm) as never;
  };
  return counted;
}

const greeted: (string | null)[] = [];

@WebSocketGateway()
class ChatGateway implements OnGatewayConnection {
  constructor(private readonly current: CurrentSession) {}

  /** socket.io has the request at the client, `ws` passes it. */
  async handleConnection(client: { request?: IncomingMessage }, request?: IncomingMessage): Promise<void> {
    const session = await loadSession(client.request ?? request!).catch(() => undefined);
    greeted.push(session?.principal ?? null);
  }
  @SubscribeMessage('who') who(@CurrentPrincipal() principal: string | null) {
    return { event: 'who', data: principal };
  }
  @SubscribeMessage('id') id(@SessionId() id: string, @Session() session: UserSession) {
    return { event: 'id', data: { id, handle: session.handle } };
  }
  @SubscribeMessage('note') note(@Session('note') note: unknown) {
    return { event: 'note', data: note ?? null };
  }
  @SubscribeMessage('fresh-note') freshNote(@Session({ path: 'note', fresh: true }) note: unknown) {
    return { event: 'fresh-note', data: note ?? null };
  }
  @SubscribeMessage('write') async write(@Session() session: UserSession, @MessageBody() note: string) {
    session['note'] = note;
    return { event: 'write', data: 'not saved' };
  }
  @SubscribeMessage('save') async save(@Session() session: UserSession, @MessageBody() note: string) {
    session['note'] = note;
    const saved = await session.save().then(
      () => 'saved',
      (error: { code: string }) => error.code,
    );
    return { event: 'save', data: saved };
  }
  @SubscribeMessage('current') async everywhere() {
    await new Promise((resolve) => setImmediate(resolve));
    return { event: 'current', data: this.current.principal };
  }
  @UseGuards(SessionGuard)
  @RequireLogin()
  @SubscribeMessage('secret')
  secret(@CurrentPrincipal() principal: string) {
    return { event: 'secret', data: principal };
  }
  @UseGuards(SessionGuard)
  @RequireLogin({ method: 'otp' })
  @SubscribeMessage('payment')
  payment() {
    return { event: 'payment', data: 'paid' };
  }
}

const ALL = ADAPTERS.flatMap(([adapter, makeAdapter]) =>
  PLATFORMS.map((platform) => ({ adapter, makeAdapter, platform, label: `${platform.name} on ${adapter}` })),
);

describe.each(ALL)('gateways of $label', ({ makeAdapter, platform }) => {
  let running: RunningApp;
  let counted: ReturnType<typeof countedStore>;
  const events: SessionEvent[] = [];
  let clients: GatewayClient[] = [];

  beforeAll(async () => {
    counted = countedStore();
    running = await startApp(makeAdapter, {
      imports: [
        SessionModule.forRoot({
          secret: SECRET,
          store: counted.store,
          // The gateway greets its client before these are known.
          cookie: async () => ({ secure: false }),
          trustedOrigins: ['https://app.example.com'],
          onEvent: (event) => void events.push(event),
        }),
      ],
      controllers: [LoginController],
      providers: [ChatGateway],
      prepare: (app) => platform.use(app),
    });
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    clients = [];
  });
  afterAll(() => running.app.close());

  const loggedIn = async (user: string): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.post('/login', { user });
    return browser;
  };
  const connect = async (browser?: Browser, options: ConnectOptions = {}): Promise<GatewayClient> => {
    const client = await platform.connect(running.url, { cookie: browser?.cookie, ...options });
    clients.push(client);
    return client;
  };

  it('have the session of the handshake, its principal and its id', async () => {
    const browser = await loggedIn('anna');
    const client = await connect(browser);
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    expect((await client.ask('id'))[1]).toEqual(await browser.get('/id'));
    expect(greeted.at(-1)).toBe('anna');
  });

  it('have a new session without a cookie, which cannot be saved', async () => {
    const client = await connect();
    expect(await client.ask('who')).toEqual(['who', null]);
    expect(await client.ask('save', 'x')).toEqual(['save', 'ERR_SESSION_SENT']);
  });

  it('store changes by save(), and HTTP requests read them', async () => {
    const browser = await loggedIn('anna');
    const client = await connect(browser);
    expect(await client.ask('save', 'from the socket')).toEqual(['save', 'saved']);
    expect(await browser.get('/note')).toEqual({ note: 'from the socket' });
  });

  it('read the session once, and again where fresh asks', async () => {
    const browser = await loggedIn('anna');
    const client = await connect(browser);
    expect(await client.ask('note')).toEqual(['note', null]);
    await browser.post('/note', { note: 'by HTTP' });
    const before = counted.loads;
    expect(await client.ask('note')).toEqual(['note', null]);
    expect(counted.loads).toBe(before);
    expect(await client.ask('fresh-note')).toEqual(['fresh-note', 'by HTTP']);
    expect(counted.loads).toBe(before + 1);
    expect(await client.ask('note')).toEqual(['note', 'by HTTP']);
  });

  it('keep unsaved changes when the session is read again', async () => {
    const browser = await loggedIn('anna');
    const client = await connect(browser);
    await client.ask('write', 'mine');
    await browser.post('/note', { note: 'theirs' });
    expect(await client.ask('fresh-note')).toEqual(['fresh-note', 'mine']);
  });

  it('are guarded by what the store holds at each message', async () => {
    const visitor = await connect();
    const noSession = { status: 'error', message: 'Unauthorized', reason: 'no-session' };
    await refusal(platform, visitor, 'secret', noSession);
    const client = await connect(await loggedIn('anna'));
    expect(await client.ask('secret')).toEqual(['secret', 'anna']);
    await refusal(platform, client, 'payment', { reason: 'method-missing', method: 'otp' });
  });

  it('have the session of the message in CurrentSession', async () => {
    const [anna, ben] = [await connect(await loggedIn('anna')), await connect(await loggedIn('ben'))];
    const answers = await Promise.all([anna.ask('current'), ben.ask('current')]);
    expect(answers.map(([, data]) => data)).toEqual(['anna', 'ben']);
  });

  it.each([
    ['logout', 'logout', (browser: Browser) => browser.post('/logout', {})],
    ['revokeAll()', 'revoked', (browser: Browser) => browser.post('/revoke-all', { user: 'carl' })],
    ['revokeEverything()', 'revoked', (browser: Browser) => browser.post('/revoke-everything', {})],
    ['regenerate()', 'logout', (browser: Browser) => browser.post('/other-session', {})],
    ['a login of another user', 'replaced', (browser: Browser) => browser.post('/login', { user: 'dora' })],
  ])('are closed when %s ends the session (S-42, S-63)', async (_, reason, end) => {
    const browser = await loggedIn('carl');
    const client = await connect(browser);
    expect(await client.ask('who')).toEqual(['who', 'carl']);
    await end(browser);
    expect(await client.closed).toBe(platform.name === 'ws' ? `1008 ${reason}` : reason);
  });

  it('stay open at a step-up, and follow the session to its new id', async () => {
    const browser = await loggedIn('anna');
    const client = await connect(browser);
    await client.ask('who');
    await browser.post('/login', { user: 'anna' });
    expect(await client.ask('secret')).toEqual(['secret', 'anna']);
    expect(await client.ask('save', 'after')).toEqual(['save', 'saved']);
    expect(await browser.get('/note')).toEqual({ note: 'after' });
    await browser.post('/logout', {});
    await client.closed;
  });

  it('are closed where the page of the handshake is of another origin (S-63)', async () => {
    const browser = await loggedIn('anna');
    const evil = await connect(browser, { origin: 'https://evil.example.com' });
    expect(await evil.closed).toBe(platform.name === 'ws' ? '1008 forbidden-origin' : 'forbidden-origin');
    const own = await connect(browser, { origin: running.url });
    expect(await own.ask('who')).toEqual(['who', 'anna']);
    const trusted = await connect(browser, { origin: 'https://app.example.com' });
    expect(await trusted.ask('who')).toEqual(['who', 'anna']);
    const anonymous = await connect(undefined, { origin: 'https://evil.example.com' });
    expect(await anonymous.ask('who')).toEqual(['who', null]);
  });
});
