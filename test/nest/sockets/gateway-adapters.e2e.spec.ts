import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  Body,
  Controller,
  Inject,
  Injectable,
  Post,
  Scope,
  UseGuards,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import {
  CurrentPrincipal,
  MemorySessionStore,
  Session,
  SESSION_MIDDLEWARE,
  SessionGuard,
  SessionModule,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { freePort } from '../../support/free-port.js';
import { PLATFORMS, type ConnectOptions, type GatewayClient } from '../../support/gateway-clients.js';
import { NEST_MAJOR } from '../../support/nest-version.js';
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
}

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('who') who(@CurrentPrincipal() principal: string | null) {
    return { event: 'who', data: principal };
  }
}

@WebSocketGateway({ namespace: 'news' })
class NewsGateway {
  @UseGuards(SessionGuard)
  @SubscribeMessage('who')
  who(@CurrentPrincipal() principal: string | null) {
    return { event: 'who', data: `${principal} of news` };
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerMessage {
  constructor(@Inject(REQUEST) readonly request: unknown) {}
}

@WebSocketGateway()
class ScopedGateway {
  constructor(readonly perMessage: PerMessage) {}
  @SubscribeMessage('who') who(@CurrentPrincipal() principal: string | null) {
    return { event: 'who', data: `${principal}, per message ${this.perMessage.request !== undefined}` };
  }
}

/** It has nothing of the session. */
@WebSocketGateway()
class PublicGateway {
  @SubscribeMessage('time') time(@ConnectedSocket() client: object) {
    return { event: 'time', data: typeof client };
  }
}

let running: RunningApp[];
let clients: GatewayClient[];
beforeEach(() => {
  running = [];
  clients = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  for (const { app } of running) await app.close();
});

const [IO, WS] = [PLATFORMS[0]!, PLATFORMS[1]!];

const start = async (
  makeAdapter: (typeof ADAPTERS)[number][1],
  gateways: Type[],
  prepare: (app: INestApplication) => void,
  store = new MemorySessionStore(),
): Promise<Browser & { url: string }> => {
  const app = await startApp(makeAdapter, {
    imports: [SessionModule.forRoot({ secret: SECRET, store })],
    controllers: [LoginController],
    providers: [PerMessage, ...gateways],
    prepare,
  });
  running.push(app);
  const browser = new Browser(app.url);
  await browser.post('/login', { user: 'anna' });
  return Object.assign(browser, { url: app.url });
};
const connect = async (
  platform: (typeof PLATFORMS)[number],
  url: string,
  options: ConnectOptions,
): Promise<GatewayClient> => {
  const client = await platform.connect(url, options);
  clients.push(client);
  return client;
};

describe.each(ADAPTERS)('gateways on %s', (_, makeAdapter) => {
  it.each([[['polling']], [['polling', 'websocket']], [['websocket']]])(
    'of socket.io have the session over the transports %j',
    async (transports) => {
      const browser = await start(makeAdapter, [Gateway], IO.use);
      const client = await connect(IO, browser.url, { cookie: browser.cookie, transports });
      expect(await client.ask('who')).toEqual(['who', 'anna']);
      await browser.post('/logout');
      expect(await client.closed).toBe('logout');
    },
  );

  it('of socket.io are guarded in namespaces, and one connection has one session', async () => {
    const browser = await start(makeAdapter, [Gateway, NewsGateway], IO.use);
    const { cookie } = browser;
    const [client, news] = [
      await connect(IO, browser.url, { cookie }),
      await connect(IO, browser.url, { cookie, namespace: '/news' }),
    ];
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    expect(await news.ask('who')).toEqual(['who', 'anna of news']);
    await browser.post('/logout');
    expect([await client.closed, await news.closed]).toEqual(['logout', 'logout']);
  });

  it('of socket.io are the default of Nest, without useWebSocketAdapter()', async () => {
    const browser = await start(makeAdapter, [Gateway], () => undefined);
    const client = await connect(IO, browser.url, { cookie: browser.cookie });
    expect(await client.ask('who')).toEqual(['who', 'anna']);
  });

  it('of socket.io share the session that io.engine.use(SESSION_MIDDLEWARE) has loaded', async () => {
    const store = new MemorySessionStore();
    let loads = 0;
    const load = store.load.bind(store);
    store.load = (...args: [never]) => {
      loads++;
      return load(...args);
    };
    const browser = await start(
      makeAdapter,
      [Gateway],
      (app) => app.useWebSocketAdapter(new EngineAdapter(app)),
      store,
    );
    loads = 0;
    const client = await connect(IO, browser.url, { cookie: browser.cookie });
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    // The load of the engine, and the check once the socket is watched.
    expect(loads).toBe(2);
  });

  it.each([IO, WS])('of $name have the session on a port of their own', async (platform) => {
    const port = await freePort();
    @WebSocketGateway(port)
    class OwnPort extends Gateway {
      @SubscribeMessage('who') override who(@CurrentPrincipal() principal: string | null) {
        return { event: 'who', data: principal };
      }
    }
    const browser = await start(makeAdapter, [OwnPort], platform.use);
    const client = await connect(platform, `http://127.0.0.1:${port}`, { cookie: browser.cookie });
    expect(await client.ask('who')).toEqual(['who', 'anna']);
    await browser.post('/logout');
    expect(await client.closed).toContain('logout');
  });

  // Nest 11 makes each gateway once: there are none per message.
  for (const platform of NEST_MAJOR >= 12 ? [IO, WS] : [])
    it(`of ${platform.name} have the session in gateways that Nest makes per message`, async () => {
      const browser = await start(makeAdapter, [ScopedGateway], platform.use);
      const client = await connect(platform, browser.url, { cookie: browser.cookie });
      expect(await client.ask('who')).toEqual(['who', 'anna, per message true']);
    });

  it.each([IO, WS])('of $name without the session load none and stay open', async (platform) => {
    const store = new MemorySessionStore();
    const browser = await start(makeAdapter, [PublicGateway], platform.use, store);
    let loads = 0;
    const load = store.load.bind(store);
    store.load = (...args: [never]) => {
      loads++;
      return load(...args);
    };
    const client = await connect(platform, browser.url, {
      cookie: browser.cookie,
      origin: 'https://evil.example.com',
    });
    expect(await client.ask('time')).toEqual(['time', 'object']);
    expect(loads).toBe(0);
    await browser.post('/logout');
    expect(await client.ask('time')).toEqual(['time', 'object']);
  });
});

type Server = ReturnType<IoAdapter['createIOServer']>;

/** As the documentation of socket.io mounts a middleware. */
class EngineAdapter extends IoAdapter {
  readonly #app: INestApplication;
  constructor(app: INestApplication) {
    super(app);
    this.#app = app;
  }
  override createIOServer(...args: Parameters<IoAdapter['createIOServer']>): Server {
    const server = super.createIOServer(...args);
    server.engine.use(
      this.#app.get<(req: IncomingMessage, res: object, next: () => void) => void>(SESSION_MIDDLEWARE),
    );
    return server;
  }
}

describe.each(['express', 'fastify'])('an application without gateways on %s', (adapter) => {
  it('loads no package for them, listens to no upgrade, and has no guard and no AsyncLocalStorage', async () => {
    const fixture = fileURLToPath(new URL('../../fixtures/plain-application.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [fixture, adapter]);
    expect(JSON.parse(stdout)).toEqual({
      answers: [{ principal: 'u1' }, { principal: 'u1' }],
      upgradeListeners: 0,
      isAdapterObserved: false,
      storages: 0,
      guards: 0,
      packages: ['@nestjs/common', '@nestjs/core', 'cookie', 'cookie-signature', 'depd', 'uid-safe'],
    });
  });
});
