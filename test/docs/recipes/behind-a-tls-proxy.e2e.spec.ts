import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { Controller, Logger, Post, type INestApplication, type Type } from '@nestjs/common';
import { Session, SessionModule, type SessionModuleOptions, type UserSession } from 'nest-session';
import { ADAPTERS } from '../../support/adapters.js';
import { selfSigned } from '../../support/certificate.js';
import { SECRET } from '../../support/secret.js';
import { startTlsProxy, type TlsProxy } from '../../support/tls-proxy.js';
import { startRecipe } from '../support/start-recipe.js';

const CERTIFICATE = selfSigned(['localhost']);

interface Reply {
  readonly status: number;
  readonly cookies: string[];
  readonly body: unknown;
}

/** A request through the proxy that verifies its certificate. */
async function send(port: number, method: string, path: string, cookie = ''): Promise<Reply> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    requestHttps(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path,
        method,
        ca: CERTIFICATE.cert,
        headers: { cookie },
      },
      resolve,
    )
      .once('error', reject)
      .end(),
  );
  return {
    status: response.statusCode!,
    cookies: response.headers['set-cookie'] ?? [],
    body: JSON.parse(await text(response)) as unknown,
  };
}

let proxy: TlsProxy;
let app: INestApplication;
let warnings: string[];
const portOf = (made: INestApplication): number =>
  (made.getHttpServer() as { address(): { port: number } }).address().port;
const logger = { log() {}, error() {}, warn: (line: unknown) => void warnings.push(String(line)) };

beforeAll(async () => {
  process.env['SESSION_SECRET'] = SECRET;
  proxy = await startTlsProxy(CERTIFICATE, () => portOf(app));
});
afterAll(() => proxy.close());
beforeEach(() => {
  warnings = [];
  Logger.overrideLogger(logger);
});
afterEach(() => app.close());

const login = (): Promise<Reply> => send(proxy.port, 'POST', '/login');
const me = async (cookie: string): Promise<unknown> =>
  (await send(proxy.port, 'GET', '/me', cookie.split(';')[0])).body;
const APPLICATIONS: [string, () => Promise<INestApplication>][] = [
  ['Express', async () => (await import('./behind-a-tls-proxy/express.js')).createExpressApp()],
  ['Fastify', async () => (await import('./behind-a-tls-proxy/fastify.js')).createFastifyApp()],
];

describe.each(APPLICATIONS)('the recipe for a TLS proxy on %s', (_, create) => {
  it('sends a secure cookie, and the login stays', async () => {
    app = await create();
    await app.listen(0, '127.0.0.1');
    const { status, cookies } = await login();
    expect([status, cookies]).toEqual([
      201,
      [expect.stringMatching(/^__Host-sid=s%3A[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)],
    ]);
    expect(await me(cookies[0]!)).toEqual({ user: 'u1' });
    expect(warnings).toEqual([]);
  });
});

describe.each(ADAPTERS)(
  'an application behind a TLS proxy that does not trust it, on %s',
  (_, makeAdapter) => {
    async function moduleOf(options: Partial<SessionModuleOptions>): Promise<Type> {
      const { AppModule } = await import('./behind-a-tls-proxy/app.module.js');
      const controllers = Reflect.getMetadata('controllers', AppModule) as Type[];
      return { imports: [SessionModule.forRoot({ secret: SECRET, ...options })], controllers } as never;
    }
    const start = async (module: Type): Promise<void> => {
      app = (await startRecipe(module, makeAdapter, { logger })).app;
    };

    it('stores no session under cookie.secure: true, and one warning names the fix', async () => {
      const { AppModule } = await import('./behind-a-tls-proxy/app.module.js');
      await start(AppModule);
      await login();
      await login();
      expect(warnings).toEqual([
        expect.stringMatching(/^A session was not stored: its cookie is secure.*proxy: true/),
      ]);
    });

    it('rejects session.save() with ERR_SESSION_INSECURE under cookie.secure: true', async () => {
      const codes: unknown[] = [];
      @Controller()
      class SaveController {
        @Post('login') async save(@Session() session: UserSession) {
          session['n'] = 1;
          await session.save().catch((error: { code: string }) => codes.push(error.code));
          return {};
        }
      }
      const imports = [SessionModule.forRoot({ secret: SECRET, cookie: { secure: true } })];
      await start({ imports, controllers: [SaveController] } as never);
      expect((await login()).cookies).toEqual([]);
      expect(codes).toEqual(['ERR_SESSION_INSECURE']);
    });

    it('sends a cookie without Secure under "auto", and the login stays', async () => {
      await start(await moduleOf({}));
      const { cookies } = await login();
      expect(cookies).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/)]);
      expect(await me(cookies[0]!)).toEqual({ user: 'u1' });
      expect(warnings).toEqual([]);
    });

    it('leaves out SameSite=None under "auto", with one warning', async () => {
      await start(await moduleOf({ cookie: { sameSite: 'none' } }));
      const { cookies } = await login();
      expect(cookies).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/)]);
      expect(warnings).toEqual([
        expect.stringMatching(/^A session cookie was sent without its option sameSite "none"/),
      ]);
    });

    it('sends a secure cookie with the option proxy: true', async () => {
      await start(await moduleOf({ proxy: true, cookie: { secure: true } }));
      const { cookies } = await login();
      expect(cookies).toEqual([expect.stringMatching(/; HttpOnly; Secure; SameSite=Lax$/)]);
      expect(await me(cookies[0]!)).toEqual({ user: 'u1' });
    });

    it.each([
      ['true', true, /; Secure; /],
      ['false', false, /; HttpOnly; SameSite=Lax$/],
    ])(
      'believes X-Forwarded-Proto of any client only with proxy: true, here %s',
      async (_, proxy, cookie) => {
        await start(await moduleOf({ proxy }));
        const headers = { 'x-forwarded-proto': 'https' };
        const url = `http://127.0.0.1:${portOf(app)}/login`;
        const response = await fetch(url, { method: 'POST', headers });
        expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(cookie)]);
      },
    );
  },
);
