import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Module,
  Post,
  Req,
  type ArgumentsHost,
  type DynamicModule,
  type ExceptionFilter,
  type INestApplication,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import flash from 'connect-flash';
import compression from 'compression';
import { csrfSync } from 'csrf-sync';
import {
  getSessionMiddlewareToken,
  MemorySessionStore,
  Session,
  SESSION_MIDDLEWARE,
  SessionModule,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import passport from 'passport';
import { ADAPTERS, type MakeAdapter } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

type Raw = IncomingMessage & {
  session?: UserSession;
  user?: { name: string };
  logIn(user: object, done: (error?: Error) => void): void;
  flash(type: string, message?: string): string[];
};

/** The request that middleware receives: on Fastify the one of Node. */
const rawOf = (req: Raw | { raw: Raw }): Raw => ('raw' in req ? req.raw : req);

@Controller()
class PagesController {
  @Get('who') who(@Req() req: Raw, @Session() session: UserSession) {
    const { user } = rawOf(req);
    return {
      user: user?.name ?? null,
      visits: session['visits'] ?? 0,
      isSame: rawOf(req).session === session,
    };
  }
  @Post('login') async login(@Req() req: Raw) {
    await new Promise<void>((resolve, reject) =>
      rawOf(req).logIn({ name: 'ada' }, (error) => (error === undefined ? resolve() : reject(error))),
    );
    return rawOf(req).flash('info', 'welcome');
  }
  @Get('flash') messages(@Req() req: Raw) {
    return rawOf(req).flash('info');
  }
  @Get('large') large(@Session() session: UserSession) {
    session['large'] = true;
    return 'large '.repeat(1000);
  }
}

@Catch(HttpException)
class TeapotFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost) {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: object): void } }>();
    response.status(418).send({ status: exception.getStatus() });
  }
}

@Injectable()
class OptionsOfLater {
  async createSessionOptions() {
    await new Promise((resolve) => setImmediate(resolve));
    return { secret: SECRET };
  }
}

/** Starts an application as `main.ts` does: `prepare` runs after it was created. */
type Start = (
  makeAdapter: MakeAdapter,
  imports: DynamicModule[],
  prepare: (app: INestApplication) => void,
  logger?: LoggerService,
) => Promise<string>;

const running: INestApplication[] = [];
afterEach(() => Promise.all(running.splice(0).map((app) => app.close())));

async function listen(app: INestApplication, prepare: (app: INestApplication) => void): Promise<string> {
  prepare(app);
  running.push(app);
  await app.listen(0, '127.0.0.1');
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

function rootModule(imports: DynamicModule[]): Type {
  @Module({ imports, controllers: [PagesController] })
  class AppModule {}
  return AppModule;
}

const byFactory: Start = async (makeAdapter, imports, prepare, logger) => {
  const options = { logger: logger ?? (false as const), forceCloseConnections: true };
  return listen(await NestFactory.create(rootModule(imports), makeAdapter() as never, options), prepare);
};

const byTestingModule: Start = async (makeAdapter, imports, prepare, logger) => {
  const module = await Test.createTestingModule({ imports: [rootModule(imports)] }).compile();
  const options = { logger: logger ?? (false as const), forceCloseConnections: true };
  return listen(module.createNestApplication<INestApplication>(makeAdapter() as never, options), prepare);
};

const STARTS = [
  ['NestFactory.create()', byFactory],
  ['Test.createTestingModule()', byTestingModule],
] as const;

/** The lines that the guides of these packages put into `main.ts`. */
function useGuides(app: INestApplication): void {
  const own = new passport.Passport();
  own.serializeUser((user, done) => done(null, (user as { name: string }).name));
  own.deserializeUser((name: string, done) => done(null, { name }));
  app.use(own.initialize());
  app.use(own.session());
  app.use(flash());
}

const forRoot = (options: Partial<SessionModuleOptions> = {}) =>
  SessionModule.forRoot({ secret: SECRET, ...options });

describe.each(ADAPTERS)('middleware that main.ts adds on %s', (adapterName, makeAdapter) => {
  describe.each(STARTS)('after %s', (_, start) => {
    it.each([
      ['forRoot', () => forRoot()],
      ['forRootAsync', () => SessionModule.forRootAsync({ useClass: OptionsOfLater })],
    ])('finds the session of %s: a login by passport, and a flash message', async (__, module) => {
      const url = await start(makeAdapter, [module()], (app) => {
        app.setGlobalPrefix('api');
        useGuides(app);
      });
      const browser = new Browser(url);
      expect(await browser.get('/api/who')).toEqual({ user: null, visits: 0, isSame: true });
      expect((await browser.post('/api/login')).status).toBe(201);
      expect(await browser.get('/api/who')).toMatchObject({ user: 'ada' });
      expect(await browser.get('/api/flash')).toEqual(['welcome']);
      expect(await browser.get('/api/flash')).toEqual([]);
    });

    it('finds the session on routes that no controller has', async () => {
      const url = await start(makeAdapter, [forRoot()], (app) => {
        app.setGlobalPrefix('api');
        app.use('/count', ({ session }: Raw, res: ServerResponse) => {
          session!['visits'] = Number(session!['visits'] ?? 0) + 1;
          res.end(String(session!['visits']));
        });
      });
      const browser = new Browser(url);
      for (const visits of ['1', '2', '3']) expect(await (await browser.fetch('/count')).text()).toBe(visits);
    });

    it('finds the session in csrf-sync: a request without its token is refused', async () => {
      const { csrfSynchronisedProtection, generateToken } = csrfSync();
      const url = await start(makeAdapter, [forRoot()], (app) => {
        useGuides(app);
        app.use(csrfSynchronisedProtection);
        app.use('/token', (req: Raw, res: ServerResponse) => res.end(generateToken(req as never)));
      });
      const browser = new Browser(url);
      const token = await (await browser.fetch('/token')).text();
      expect((await browser.post('/login')).status).toBe(403);
      const headers = { 'x-csrf-token': token };
      expect((await browser.fetch('/login', { method: 'POST', headers })).status).toBe(201);
    });

    it('may replace the methods of the response, as compression does', async () => {
      const url = await start(makeAdapter, [forRoot()], (app) => void app.use(compression()));
      const response = await new Browser(url).fetch('/large');
      expect(await response.text()).toBe('large '.repeat(1000));
      expect(response.headers.get('content-encoding')).not.toBeNull();
      expect(response.headers.getSetCookie()).toHaveLength(1);
    });

    it.each(['early', 'module'] as const)(
      'finds the session after SESSION_MIDDLEWARE, which loads it once (mount %s)',
      async (mount) => {
        const store = new CountingStore();
        const url = await start(makeAdapter, [forRoot({ store, mount })], (app) => {
          app.use(app.get(SESSION_MIDDLEWARE));
          app.use(app.get(SESSION_MIDDLEWARE));
          useGuides(app);
        });
        const browser = new Browser(url);
        const response = await browser.post('/login');
        expect([response.status, response.headers.getSetCookie().length]).toEqual([201, 1]);
        store.calls = [];
        expect(await browser.get('/who')).toMatchObject({ user: 'ada', isSame: true });
        expect(store.calls).toEqual(['load']);
      },
    );
  });

  it('is not needed for a session in each application that one testing module makes', async () => {
    const module = await Test.createTestingModule({ imports: [rootModule([forRoot()])] }).compile();
    const responses: unknown[] = [];
    for (let made = 0; made < 2; made++) {
      const app = module.createNestApplication<INestApplication>(makeAdapter() as never, { logger: false });
      const browser = new Browser(await listen(app, () => undefined));
      responses.push((await browser.fetch('/large')).status, await browser.get('/who'));
    }
    const visitor = { user: null, visits: 0, isSame: true };
    expect(responses).toEqual([200, visitor, 200, visitor]);
  });

  it('finds a session of another name', async () => {
    const admin = forRoot({ sessionName: 'admin', name: 'admin.sid', mount: 'module' });
    const url = await byFactory(makeAdapter, [forRoot(), admin], (app) => {
      app.use(app.get(getSessionMiddlewareToken('admin')));
      useGuides(app);
    });
    const browser = new Browser(url);
    expect((await browser.post('/login')).status).toBe(201);
    expect(await browser.get('/who')).toMatchObject({ user: 'ada' });
  });

  const warningsOf = async (
    options: Partial<SessionModuleOptions>,
    prepare: (app: INestApplication) => void,
  ): Promise<string[]> => {
    const lines: string[] = [];
    const logger = { log() {}, error() {}, warn: (line: unknown) => void lines.push(String(line)) };
    const url = await byFactory(makeAdapter, [forRoot(options)], prepare, logger);
    for (let count = 0; count < 3; count++) await new Browser(url).fetch('/who');
    return lines.filter((line) => line.includes('req.session'));
  };
  const read = (app: INestApplication): void =>
    void app.use((req: Raw, _: unknown, next: (value?: unknown) => void) => next(void req.session));

  it.each([
    ["mount 'module'", { mount: 'module' }],
    ['forRoutes', { forRoutes: ['{*splat}'] }],
  ] as const)(
    'causes one warning that names the fix if it reads the session too early: %s',
    async (_, options) => {
      const lines = await warningsOf(options, read);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('app.use(app.get(SESSION_MIDDLEWARE))');
    },
  );

  it('causes no warning where it finds the session, or never reads it', async () => {
    expect(await warningsOf({}, read)).toEqual([]);
    expect(await warningsOf({ mount: 'module' }, () => undefined)).toEqual([]);
    const mounted = (app: INestApplication): void => {
      app.use(app.get(SESSION_MIDDLEWARE));
      read(app);
    };
    expect(await warningsOf({ mount: 'module' }, mounted)).toEqual([]);
  });

  it('may set req.session itself where the session of the module has no such route', async () => {
    const own = { own: true };
    const seen: unknown[] = [];
    const url = await byFactory(makeAdapter, [forRoot({ forRoutes: ['who'] })], (app) => {
      app.use('/own', (req: { session?: unknown }, res: ServerResponse) => {
        req.session = own;
        seen.push(req.session);
        res.end();
      });
    });
    await fetch(`${url}/own`);
    expect(seen).toEqual([own]);
  });

  const crossOrigin = { origin: 'https://shop.example' };
  it.each(['early', 'module'] as const)(
    'adds CORS headers to a 503 of the session where it runs first, and a filter sends the 503 (mount %s)',
    async (mount) => {
      const store = new CountingStore();
      const url = await byFactory(makeAdapter, [forRoot({ store, mount })], (app) => {
        app.enableCors(crossOrigin);
        app.useGlobalFilters(new TeapotFilter());
      });
      const browser = new Browser(url);
      await browser.fetch('/large');
      store.load = async () => Promise.reject(new Error('the store is down'));
      // On Fastify, enableCors() registers a plugin, whose hook runs before all middleware.
      const runsFirst = mount === 'module' || adapterName === 'fastify';
      for (const path of ['/who', '/unknown']) {
        const response = await browser.fetch(path, { headers: crossOrigin });
        expect([response.status, await response.json()]).toEqual([418, { status: 503 }]);
        const allowed = response.headers.get('access-control-allow-origin');
        expect(allowed).toBe(runsFirst ? crossOrigin.origin : null);
      }
    },
  );

  it.each(['early', 'module'] as const)(
    'responds to a preflight without a session where CORS runs first, also with saveUninitialized (mount %s)',
    async (mount) => {
      const store = new MemorySessionStore();
      const url = await byFactory(makeAdapter, [forRoot({ store, mount, saveUninitialized: true })], (app) =>
        app.enableCors(crossOrigin),
      );
      const headers = { ...crossOrigin, 'access-control-request-method': 'GET' };
      expect((await fetch(`${url}/who`, { method: 'OPTIONS', headers })).status).toBe(204);
      expect(store.size).toBe(mount === 'early' && adapterName === 'express' ? 1 : 0);
    },
  );

  it('runs before the session where it is mounted by the module', async () => {
    const seen: string[] = [];
    const url = await byFactory(makeAdapter, [forRoot({ mount: 'module' })], (app) => {
      app.use((req: Raw, _: unknown, next: () => void) => {
        seen.push('session' in req && req.session !== undefined ? 'after' : 'before');
        next();
      });
    });
    await fetch(`${url}/who`);
    expect(seen).toEqual(['before']);
    expect(adapterName).toBeDefined();
  });
});

it.each([
  [{ mount: 'late' }, /The option mount must be "early" or "module", got "late"/],
  [{ mount: 'early', forRoutes: ['cats'] }, /The option mount "early" is for all routes/],
  [{ mount: 'early', exclude: ['cats'] }, /The option mount "early" is for all routes/],
])('refuses %p', (options, message) => {
  expect(() => forRoot(options as never)).toThrow(message);
});
