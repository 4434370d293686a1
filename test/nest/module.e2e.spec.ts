import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  Req,
  RequestMethod,
  Session as NestSession,
  Version,
  VersioningType,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import expressSession from 'express-session';
import {
  getSessionStoreToken,
  InjectSessionStore,
  MemorySessionStore,
  Session,
  SessionModule,
  SessionStore,
  type SessionModuleAsyncOptions,
  type SessionModuleOptions,
  type SessionOptions,
  type SessionOptionsFactory,
  type UserSession,
} from 'nest-session';
import { createClient } from 'redis';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

@Controller()
class CounterController {
  @Get('count') count(@Session() session: UserSession) {
    return { n: session.update<number>('n', (n = 0) => n + 1) };
  }
}

@Injectable()
class Settings {
  readonly secret = SECRET;
}
@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class InjectedStore extends MemorySessionStore implements OnModuleInit, OnApplicationShutdown {
  static hooks: string[] = [];
  constructor(@Inject(Settings) readonly settings: Settings) {
    super();
  }
  onModuleInit() {
    InjectedStore.hooks.push('init');
  }
  onApplicationShutdown() {
    InjectedStore.hooks.push('shutdown');
  }
}

@Module({ imports: [SettingsModule], providers: [InjectedStore], exports: [InjectedStore] })
class StoreModule {}

@Injectable()
class OptionsMaker implements SessionOptionsFactory {
  constructor(@Inject(Settings) readonly settings: Settings) {}
  createSessionOptions(): SessionOptions {
    return { secret: this.settings.secret };
  }
}
@Module({ imports: [SettingsModule], providers: [OptionsMaker], exports: [OptionsMaker] })
class MakerModule {}

/**
 * Registers a route as GraphQL does: on the adapter, outside the global prefix, when modules are initialised.
 */
@Module({})
class RawRouteModule implements OnModuleInit {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}
  onModuleInit() {
    this.host.httpAdapter.get(
      '/raw',
      (req: { raw?: IncomingMessage }, res: { send(body: unknown): void }) => {
        res.send({ n: ((req.raw ?? req) as { session?: UserSession }).session?.['n'] });
      },
    );
  }
}

const ASYNC: [string, SessionModuleAsyncOptions][] = [
  ['useFactory', { useFactory: () => ({ secret: SECRET }) }],
  ['an async useFactory', { useFactory: async () => ({ secret: SECRET }) }],
  [
    'useFactory with imports and inject',
    { imports: [SettingsModule], inject: [Settings], useFactory: (s: Settings) => ({ secret: s.secret }) },
  ],
  ['useClass', { imports: [SettingsModule], useClass: OptionsMaker }],
  ['useExisting', { imports: [MakerModule], useExisting: OptionsMaker }],
];

const STORE_FORMS: [string, () => Pick<SessionModuleOptions, 'store' | 'imports'>][] = [
  ['an instance', () => ({ store: new MemorySessionStore() })],
  ['a class with dependencies', () => ({ imports: [SettingsModule], store: InjectedStore })],
  ['useClass', () => ({ imports: [SettingsModule], store: { useClass: InjectedStore } })],
  ['useExisting', () => ({ imports: [StoreModule], store: { useExisting: InjectedStore } })],
  ['useValue', () => ({ store: { useValue: new MemorySessionStore() } })],
  [
    'useFactory with inject',
    () => ({
      imports: [SettingsModule],
      store: { inject: [Settings], useFactory: async (s: Settings) => new InjectedStore(s) },
    }),
  ],
  ['no option', () => ({})],
];

describe.each(ADAPTERS)('SessionModule on %s', (_, adapter) => {
  let running: RunningApp | undefined;
  afterEach(async () => {
    await running?.app.close();
    running = undefined;
  });

  const start = async (
    ...args: Parameters<typeof startApp> extends [unknown, infer P] ? [P] : never
  ): Promise<Browser> => {
    running = await startApp(adapter, ...args);
    return new Browser(running.url);
  };
  const expectCounting = async (browser: Browser): Promise<void> => {
    expect(await browser.get('/count')).toEqual({ n: 1 });
    expect(await browser.get('/count')).toEqual({ n: 2 });
  };

  it.each(ASYNC)('has the options of forRootAsync with %s', async (_form, options) => {
    await expectCounting(
      await start({ imports: [SessionModule.forRootAsync(options)], controllers: [CounterController] }),
    );
  });

  it.each(STORE_FORMS)('has a store given as %s, and injects it by its token', async (_form, options) => {
    const browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, ...options() })],
      controllers: [CounterController],
    });
    await expectCounting(browser);
    const store = running!.app.get(SessionStore);
    expect(store).toBeInstanceOf(MemorySessionStore);
    expect((store as MemorySessionStore).size).toBe(1);
  });

  it('waits for a promise of a cookie function, and fails the request when it rejects', async () => {
    const cookie = async (req: IncomingMessage) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (req.headers['x-tenant'] === undefined) throw new Error('no such tenant');
      return { domain: req.headers['x-tenant'] as string };
    };
    const browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, cookie })],
      controllers: [CounterController],
    });
    const headers = { 'x-tenant': 'one.example.com' };
    const first = await browser.fetch('/count', { headers });
    const sent = first.headers.getSetCookie()[0]!;
    expect(sent).toContain('Domain=one.example.com');
    const again = await browser.fetch('/count', { headers: { ...headers, cookie: sent.split(';')[0]! } });
    expect(await again.json()).toEqual({ n: 2 });
    expect((await browser.fetch('/count')).status).toBe(500);
  });

  it('has a store from the factory of forRootAsync, or from its option store', async () => {
    const store = new MemorySessionStore();
    const useFactory = () => ({ secret: SECRET, store });
    await expectCounting(
      await start({
        imports: [SessionModule.forRootAsync({ useFactory })],
        controllers: [CounterController],
      }),
    );
    expect(running!.app.get(SessionStore)).toBe(store);
    await running!.app.close();
    const imports = [
      SessionModule.forRootAsync({
        imports: [SettingsModule],
        useFactory: () => ({ secret: SECRET }),
        store: InjectedStore,
      }),
    ];
    await expectCounting(await start({ imports, controllers: [CounterController] }));
    expect(running!.app.get(SessionStore)).toBeInstanceOf(InjectedStore);
  });

  it('calls the life-cycle hooks of a provided store once', async () => {
    InjectedStore.hooks = [];
    await start({
      imports: [SessionModule.forRoot({ secret: SECRET, imports: [SettingsModule], store: InjectedStore })],
    });
    expect(InjectedStore.hooks).toEqual(['init']);
    await running!.app.close();
    running = undefined;
    expect(InjectedStore.hooks).toEqual(['init', 'shutdown']);
  });

  it('injects the store into providers, and lets a test replace it', async () => {
    @Injectable()
    class Admin {
      constructor(@InjectSessionStore() readonly store: SessionStore) {}
    }
    const fake = new MemorySessionStore();
    const module = await Test.createTestingModule({
      imports: [SessionModule.forRoot({ secret: SECRET })],
      providers: [Admin],
    })
      .overrideProvider(SessionStore)
      .useValue(fake)
      .compile();
    expect(module.get(Admin).store).toBe(fake);
  });

  it('rejects invalid options at startup', async () => {
    const bad = SessionModule.forRoot({ secret: 'short' });
    await expect(Test.createTestingModule({ imports: [bad] }).compile()).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
    });
    expect(() => SessionModule.forRootAsync({})).toThrow(
      /exactly one of useFactory, useClass and useExisting/,
    );
    expect(() => SessionModule.forRoot({ secret: SECRET, store: { get() {} } as never })).toThrow(
      /load, create, patch, rekey, delete/,
    );
    expect(() => SessionModule.forRoot({ secret: SECRET, store: createClient() })).toThrow(
      /got a Redis client\. Set store: new RedisSessionStore\(\{ client \}\)/,
    );
    expect(() => SessionModule.forRoot({ secret: SECRET, sessionName: '' })).toThrow(/sessionName.*got ""/);
    expect(() => SessionModule.forRoot({ secret: SECRET, forRoutes: 'admin' as never })).toThrow(
      /forRoutes must be an array/,
    );
    const twice = SessionModule.forRootAsync({
      useFactory: () => ({ secret: SECRET, store: new MemorySessionStore() }),
      store: new MemorySessionStore(),
    });
    await expect(Test.createTestingModule({ imports: [twice] }).compile()).rejects.toThrow(/given twice/);
    const clash = [
      SessionModule.forRoot({ secret: SECRET }),
      SessionModule.forRoot({ secret: SECRET, sessionName: 'admin' }),
    ];
    await expect(startApp(adapter, { imports: clash })).rejects.toThrow(/same cookie name "connect.sid"/);
    const twoDefaults = [
      SessionModule.forRoot({ secret: SECRET, store: new MemorySessionStore() }),
      SessionModule.forRoot({ secret: SECRET, name: 'other.sid', store: new MemorySessionStore() }),
    ];
    await expect(startApp(adapter, { imports: twoDefaults })).rejects.toThrow(
      /The default session is registered twice, with different stores\..*once, in the root module/,
    );
    const twoNamed = ['one.sid', 'two.sid'].map((name) =>
      SessionModule.forRoot({ secret: SECRET, sessionName: 'admin', name }),
    );
    await expect(startApp(adapter, { imports: twoNamed })).rejects.toThrow(
      /The session "admin" is registered twice, with different stores/,
    );
    const missing = SessionModule.forRoot(undefined as never);
    await expect(Test.createTestingModule({ imports: [missing] }).compile()).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
    });
  });

  it.each<[string, () => DynamicModule, string]>([
    [
      'a factory that returns undefined',
      () => SessionModule.forRoot({ secret: SECRET, store: { useFactory: () => undefined as never } }),
      'undefined',
    ],
    [
      'an async factory that returns null',
      () => SessionModule.forRoot({ secret: SECRET, store: { useFactory: async () => null as never } }),
      'null',
    ],
    [
      'the value undefined',
      () => SessionModule.forRoot({ secret: SECRET, store: { useValue: undefined as never } }),
      'undefined',
    ],
    [
      'the value null, of forRootAsync',
      () =>
        SessionModule.forRootAsync({
          useFactory: () => ({ secret: SECRET }),
          store: { useValue: null as never },
        }),
      'null',
    ],
    [
      'null from the factory of forRootAsync',
      () => SessionModule.forRootAsync({ useFactory: () => ({ secret: SECRET, store: null as never }) }),
      'null',
    ],
  ])('rejects a store at startup that is %s', async (_name, register, shown) => {
    await expect(Test.createTestingModule({ imports: [register()] }).compile()).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining(`must return a SessionStore, got ${shown}. Return a store`) as unknown,
    });
  });

  it('has a memory store when the factory of forRootAsync returns store: undefined', async () => {
    const imports = [
      SessionModule.forRootAsync({ useFactory: () => ({ secret: SECRET, store: undefined }) }),
    ];
    const module = await Test.createTestingModule({ imports }).compile();
    expect(module.get(SessionStore)).toBeInstanceOf(MemorySessionStore);
  });

  it.each<[string, unknown, string]>([
    ['a string', 'the secret', 'a string'],
    ['an array', ['the secret'], 'an array of 1'],
    ['bytes', Buffer.from('the secret'), 'an instance of Buffer'],
  ])(
    'does not show a secret in the startup error when the options are %s (S-68)',
    async (_name, options, shown) => {
      const modules = [
        SessionModule.forRoot(options as SessionModuleOptions),
        SessionModule.forRootAsync({ useFactory: () => options as SessionOptions }),
      ];
      for (const module of modules)
        await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toMatchObject({
          code: 'ERR_SESSION_CONFIG',
          message: `The options must be an object with at least a secret, got ${shown}.`,
        });
    },
  );

  it.each([
    ['a store of this package', new MemorySessionStore()],
    ['a store made for express-session', new expressSession.MemoryStore()],
  ])('accepts one session that is registered twice with the same store: %s', async (_, store) => {
    const imports = [1, 2].map(() => SessionModule.forRoot({ secret: SECRET, store }));
    running = await startApp(adapter, { imports, controllers: [CounterController] });
    const browser = new Browser(running.url);
    await browser.get('/count');
    expect(await browser.get('/count')).toEqual({ n: 2 });
  });

  it('has a session with any prefix and version, also for raw routes outside the prefix', async () => {
    @Controller()
    class RootController {
      @Get() root(@Session() s: UserSession) {
        return { n: s.update<number>('n', (n = 0) => n + 1) };
      }
      @Version('2') @Get('versioned') versioned(@Session() s: UserSession) {
        return { n: s['n'] };
      }
      @Get('health') health(@Session() s: UserSession) {
        return { n: s['n'] };
      }
    }
    const browser = await start({
      imports: [RawRouteModule, SessionModule.forRoot({ secret: SECRET })],
      controllers: [RootController],
      prepare: (app) => {
        app.setGlobalPrefix('api', { exclude: ['health'] });
        app.enableVersioning({ type: VersioningType.URI });
      },
    });
    expect(await browser.get('/api')).toEqual({ n: 1 });
    expect(await browser.get('/api')).toEqual({ n: 2 });
    expect(await browser.get('/api/v2/versioned')).toEqual({ n: 2 });
    expect(await browser.get('/health')).toEqual({ n: 2 });
    expect(await browser.get('/raw')).toEqual({ n: 2 });
    expect((await browser.fetch('/nowhere')).status).toBe(404);
    expect((await browser.fetch('/api/nowhere')).status).toBe(404);
  });

  it('has no session for routes in exclude, and for routes outside forRoutes', async () => {
    @Controller()
    class TwoRoutes {
      @Get('in') in(@Session() s: UserSession) {
        return { has: s.isNew };
      }
      @Get('out') out(@NestSession() s: UserSession | undefined) {
        return { has: s !== undefined };
      }
      @Get('asks') asks(@Session() s: UserSession) {
        return { has: s };
      }
    }
    const exclude = [{ path: 'out', method: RequestMethod.ALL }, 'asks'];
    let browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, exclude })],
      controllers: [TwoRoutes],
    });
    expect(await browser.get('/in')).toEqual({ has: true });
    expect(await browser.get('/out')).toEqual({ has: false });
    expect((await browser.fetch('/asks')).status).toBe(500);
    await running!.app.close();
    browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, forRoutes: ['in'] })],
      controllers: [TwoRoutes],
    });
    expect(await browser.get('/in')).toEqual({ has: true });
    expect(await browser.get('/out')).toEqual({ has: false });
  });

  it('throws an error with the fix when the decorator is used without a middleware', async () => {
    const errors: unknown[] = [];
    const browser = await start({
      imports: [],
      controllers: [CounterController],
      prepare: (app) =>
        app.useGlobalFilters({
          catch: (error: unknown, host) => {
            errors.push(error);
            const response = host
              .switchToHttp()
              .getResponse<{ status(code: number): { send(body: string): void } }>();
            response.status(500).send('failed');
          },
        }),
    });
    expect((await browser.fetch('/count')).status).toBe(500);
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'ERR_SESSION_NOT_MOUNTED',
        message: expect.stringContaining('SessionModule.forRoot') as string,
      }),
    ]);
  });

  it("passes the same object to Nest's own @Session() and to ours", async () => {
    @Controller()
    class SameController {
      @Get('same') same(@NestSession() theirs: unknown, @Session() ours: unknown, @Inject() _?: never) {
        return { same: theirs === ours && ours !== undefined };
      }
    }
    const browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET })],
      controllers: [SameController],
    });
    expect(await browser.get('/same')).toEqual({ same: true });
  });

  it('has sessionID, sessionStore and cookie.serialize() as express-session documents them (A9, S-78)', async () => {
    interface Documented {
      session: UserSession;
      sessionID: string;
      sessionStore: unknown;
    }
    @Controller()
    class DocumentedController {
      @Get('documented') documented(@Req() req: Documented, @Session() session: UserSession) {
        return {
          id: req.sessionID === session.id,
          store: req.sessionStore === store,
          cookie: session.cookie.serialize('a', 'b'),
        };
      }
    }
    const store = new MemorySessionStore();
    const browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [DocumentedController],
    });
    expect(await browser.get('/documented')).toEqual({
      id: true,
      store: true,
      cookie: 'a=b; Path=/; HttpOnly; SameSite=Lax',
    });
  });

  it('runs once per request when it is mounted several times', async () => {
    const store = new MemorySessionStore();
    const one = SessionModule.forRoot({ secret: SECRET, store });
    const other = SessionModule.forRoot({ secret: SECRET, store });
    const browser = await start({ imports: [one, one, other], controllers: [CounterController] });
    const response = await browser.fetch('/count');
    expect(response.headers.getSetCookie()).toHaveLength(1);
    expect(await browser.get('/count')).toEqual({ n: 2 });
    expect(store.size).toBe(1);
  });

  it('separates the cookies, stores and decorators of named sessions', async () => {
    @Controller()
    class TwoSessions {
      @Post('both') both(@Session() user: UserSession, @Session({ name: 'admin' }) admin: UserSession) {
        user['who'] = 'user';
        admin['who'] = 'admin';
        return {};
      }
      @Get('who') who(@Session('who') user: string, @Session({ name: 'admin', path: 'who' }) admin: string) {
        return { user, admin };
      }
      @Post('leave') async leave(@Session({ name: 'admin' }) admin: UserSession) {
        await admin.destroy();
        return {};
      }
    }
    const stores = [new MemorySessionStore(), new MemorySessionStore()] as const;
    const browser = await start({
      imports: [
        SessionModule.forRoot({ secret: SECRET, store: stores[0] }),
        SessionModule.forRoot({
          sessionName: 'admin',
          name: 'admin.sid',
          secret: OTHER_SECRET,
          store: stores[1],
        }),
      ],
      controllers: [TwoSessions],
    });
    await browser.post('/both');
    expect([...browser.jar.keys()].sort()).toEqual(['admin.sid', 'connect.sid']);
    expect(await browser.get('/who')).toEqual({ user: 'user', admin: 'admin' });
    expect(running!.app.get(SessionStore)).toBe(stores[0]);
    expect(running!.app.get(getSessionStoreToken('admin'))).toBe(stores[1]);
    expect(stores.map((store) => store.size)).toEqual([1, 1]);
    await browser.post('/leave');
    expect([...browser.jar.keys()]).toEqual(['connect.sid']);
    expect(await browser.get('/who')).toEqual({ user: 'user' });
  });

  it('accepts a cookie signed with a retired secret, and signs it again (S-15)', async () => {
    const store = new MemorySessionStore();
    const before = await start({
      imports: [SessionModule.forRoot({ secret: OTHER_SECRET, store })],
      controllers: [CounterController],
    });
    await before.get('/count');
    await running!.app.close();
    const after = await start({
      imports: [SessionModule.forRoot({ secret: [SECRET, OTHER_SECRET], store })],
      controllers: [CounterController],
    });
    after.jar.set('connect.sid', before.jar.get('connect.sid')!);
    expect(await after.get('/count')).toEqual({ n: 2 });
    expect(after.jar.get('connect.sid')).not.toBe(before.jar.get('connect.sid'));
    await running!.app.close();
    const last = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [CounterController],
    });
    last.jar.set('connect.sid', before.jar.get('connect.sid')!);
    expect(await last.get('/count')).toEqual({ n: 1 });
    last.jar.set('connect.sid', after.jar.get('connect.sid')!);
    expect(await last.get('/count')).toEqual({ n: 3 });
  });

  it('has no session outside the cookie path, matched at segment boundaries (R21, W8)', async () => {
    const browser = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, cookie: { path: '/admin' } })],
      controllers: [CounterController],
      prepare: (app) => app.setGlobalPrefix('administrator'),
    });
    expect((await browser.fetch('/administrator/count')).status).toBe(500);
    await running!.app.close();
    const inside = await start({
      imports: [SessionModule.forRoot({ secret: SECRET, cookie: { path: '/admin' } })],
      controllers: [CounterController],
      prepare: (app) => app.setGlobalPrefix('admin'),
    });
    expect(await inside.get('/admin/count')).toEqual({ n: 1 });
  });
});
