import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Controller, Get, Redirect, Req, Res, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { MemorySessionStore, SessionModule } from 'nest-session';
import { session as expressSession } from 'nest-session/express';
import { sessionMiddleware } from 'nest-session/http';
import { CountingStore } from '../support/counting-store.js';
import type { SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

type App = (req: IncomingMessage, res: ServerResponse) => unknown;
/** A response as API Gateway takes it, format 2.0. */
interface GatewayResponse {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly cookies?: string[];
}
type LambdaHandler = (event: object, context: object) => Promise<GatewayResponse>;

const require = createRequire(import.meta.url);
const { configure } = require('@codegenie/serverless-express') as {
  configure: (options: { app: App }) => LambdaHandler;
};
const serverlessHttp = require('serverless-http') as (app: App) => LambdaHandler;

const LIBRARIES: [string, (app: App) => LambdaHandler][] = [
  ['@codegenie/serverless-express', (app) => configure({ app })],
  ['serverless-http', (app) => serverlessHttp(app)],
];

const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

const slowStore = (): CountingStore => {
  const store = new CountingStore();
  store.beforeWrite = manyTurns;
  return store;
};

class SlowExpressStore extends expressSession.MemoryStore {
  override set(id: string, session: never, callback?: (error?: unknown) => void): void {
    void manyTurns().then(() => super.set(id, session, callback));
  }
}

const plainExpress = (middleware: unknown): App => {
  const app = express().disable('etag');
  app.use(middleware as express.RequestHandler);
  app.get('/sync', (req, res) => {
    (req as unknown as SessionRequest).session['n'] = 1;
    res.send('sync');
  });
  app.get('/async', async (req, res) => {
    await Promise.resolve();
    (req as unknown as SessionRequest).session['n'] = 1;
    await Promise.resolve();
    res.send('async');
  });
  app.get('/late', async (req, res) => {
    await manyTurns();
    (req as unknown as SessionRequest).session['n'] = 1;
    res.send('late');
  });
  app.get('/redirect', (req, res) => {
    (req as unknown as SessionRequest).session['n'] = 1;
    res.redirect('/elsewhere');
  });
  app.get('/parts', (req, res) => {
    (req as unknown as SessionRequest).session['n'] = 1;
    res.setHeader('Content-Length', 9);
    res.write('one,');
    res.end('parts');
  });
  app.get('/read', (req, res) => {
    res.json((req as unknown as SessionRequest).session['n'] ?? null);
  });
  return app;
};

@Controller()
class KindController {
  @Get('sync') sync(@Req() req: SessionRequest) {
    req.session['n'] = 1;
    return 'sync';
  }
  @Get('async') async async(@Req() req: SessionRequest) {
    await Promise.resolve();
    req.session['n'] = 1;
    return 'async';
  }
  @Get('late') async late(@Req() req: SessionRequest) {
    await manyTurns();
    req.session['n'] = 1;
    return 'late';
  }
  @Get('redirect') @Redirect('/elsewhere') redirect(@Req() req: SessionRequest) {
    req.session['n'] = 1;
  }
  @Get('parts') parts(@Req() req: SessionRequest, @Res() res: ServerResponse) {
    req.session['n'] = 1;
    res.setHeader('Content-Length', 9);
    res.write('one,');
    res.end('parts');
  }
  @Get('read') read(@Req() req: SessionRequest) {
    return JSON.stringify(req.session['n'] ?? null);
  }
}

let nest: INestApplication | undefined;
afterEach(async () => {
  await nest?.close();
  nest = undefined;
});

const nestApp = async (store: CountingStore | MemorySessionStore): Promise<App> => {
  const root = {
    module: class Root {},
    imports: [SessionModule.forRoot({ secret: SECRET, store })],
    controllers: [KindController],
  };
  nest = await NestFactory.create(root, new ExpressAdapter(), { logger: false });
  await nest.init();
  return nest.getHttpAdapter().getInstance() as App;
};

const OPTIONS = { secret: SECRET, resave: false, saveUninitialized: false };
const APPS: [string, () => App | Promise<App>][] = [
  [
    'nest-session/http, memory',
    () => plainExpress(sessionMiddleware({ secret: SECRET, store: new MemorySessionStore() })),
  ],
  [
    'nest-session/http, slow store',
    () => plainExpress(sessionMiddleware({ secret: SECRET, store: slowStore() })),
  ],
  ['nest-session/express, memory', () => plainExpress(expressSession(OPTIONS))],
  [
    'nest-session/express, slow store',
    () => plainExpress(expressSession({ ...OPTIONS, store: new SlowExpressStore() })),
  ],
  ['the Nest module, memory', () => nestApp(new MemorySessionStore())],
  ['the Nest module, slow store', () => nestApp(slowStore())],
];

const get = (path: string, cookies: string[] = []): object => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  cookies,
  headers: { host: 'localhost' },
  requestContext: {
    http: { method: 'GET', path, sourceIp: '127.0.0.1', protocol: 'HTTP/1.1' },
  },
  isBase64Encoded: false,
});

describe.each(LIBRARIES)('a server behind %s', (_, wrap) => {
  it.each(APPS)(
    'gets the whole response, cookie and all, though it was held while the session was saved: %s',
    async (_, makeApp) => {
      const handler = wrap(await makeApp());
      for (const [path, status, body] of [
        ['/sync', 200, 'sync'],
        ['/async', 200, 'async'],
        ['/late', 200, 'late'],
        ['/redirect', 302, null],
        ['/parts', 200, 'one,parts'],
      ] as const) {
        const response = await handler(get(path), {});
        const cookies = (response.cookies ?? []).map((line) => line.split(';')[0]!);
        expect([path, response.statusCode, cookies.length]).toEqual([path, status, 1]);
        if (body === null) expect(response.headers['location']).toBe('/elsewhere');
        else expect(response.body).toBe(body);
        const read = await handler(get('/read', cookies), {});
        expect([read.statusCode, read.body]).toEqual([200, '1']);
      }
    },
  );
});
