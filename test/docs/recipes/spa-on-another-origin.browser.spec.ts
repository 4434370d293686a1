import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, type DynamicModule, type INestApplication } from '@nestjs/common';
import { SessionModule, type CookieOptions } from 'nest-session';
import type { BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, type MakeAdapter } from '../../support/adapters.js';
import { selfSigned } from '../../support/certificate.js';
import { CHROMIUM_WITH_PROFILES, launchProfile } from '../../support/chromium.js';
import { describeWith } from '../../support/requirements.js';
import { SECRET } from '../../support/secret.js';
import { startTlsProxy, type TlsProxy } from '../../support/tls-proxy.js';

const CLIENT = readFileSync(new URL('./spa-on-another-origin/client.js', import.meta.url));
const APP = 'app.shop.test';
/** The hosts of the API, seen from the pages: of the same site, and of another one. */
const SAME_SITE = 'api.shop.test';
const OTHER_SITE = 'api.other.test';
/** Whether the user allows third-party cookies. */
type Cookies = 'allowed' | 'blocked';
const NOBODY = { user: null };
const PARTITIONED = { sameSite: 'none', partitioned: true } as const;
const ADA = { user: 'ada' };

/** Serves a page, and the client as a script, on each host but those of the API. */
const pages = createServer((req, res) => {
  const isScript = req.url === '/client.js';
  res.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  res.end(isScript ? CLIENT : '<!doctype html><title>A page</title>');
});

const portOf = (server: Server): number => (server.address() as { port: number }).port;
const sessionWith = (cookie: CookieOptions): DynamicModule =>
  SessionModule.forRoot({
    secret: SECRET,
    name: '__Host-sid',
    proxy: true,
    cookie: { secure: true, ...cookie },
  });

let proxy: TlsProxy;
let api: INestApplication;
const origin = (host: string): string => `https://${host}:${proxy.port}`;

beforeAll(async () => {
  Logger.overrideLogger(false);
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  proxy = await startTlsProxy(selfSigned([APP]), (host) =>
    portOf(host.startsWith('api.') ? (api.getHttpServer() as Server) : pages),
  );
  Object.assign(process.env, { SESSION_SECRET: SECRET, APP_ORIGIN: origin(APP) });
});
afterAll(async () => {
  await proxy.close();
  pages.close();
  pages.closeAllConnections();
});

describeWith(CHROMIUM_WITH_PROFILES, 'the recipe for pages on another origin, in Chromium', () => {
  let folder: string;
  /** One browser that allows third-party cookies, and one that blocks them. */
  let profiles: Record<Cookies, BrowserContext>;
  let page: Page;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nest-session-profiles-'));
    const launch = (name: Cookies): Promise<BrowserContext> =>
      launchProfile(join(folder, name), {
        blocksThirdPartyCookies: name === 'blocked',
        switches: ['--host-resolver-rules=MAP * 127.0.0.1'],
      });
    profiles = { allowed: await launch('allowed'), blocked: await launch('blocked') };
    const { allowed } = profiles;
    console.info(`Pages on another origin, seen in Chromium ${allowed.browser()!.version()}`);
  });
  afterAll(async () => {
    for (const profile of Object.values(profiles ?? {})) await profile.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => api?.close());

  type Start = { thirdParty?: Cookies; adapter?: MakeAdapter };
  async function start(
    session: DynamicModule,
    { thirdParty = 'allowed', adapter }: Start = {},
  ): Promise<void> {
    const { createApi } = await import('./spa-on-another-origin/api.js');
    api = await createApi(session, (adapter ?? ADAPTERS[0][1])() as never);
    // A form submits to it: it responds with the user for whom the request counts.
    api.use('/who', (req: { session: { principal: string } }, res: { end(text: string): void }) =>
      res.end(JSON.stringify({ user: req.session.principal })),
    );
    await api.listen(0, '127.0.0.1');
    await profiles[thirdParty].clearCookies();
    page = profiles[thirdParty].pages()[0]!;
  }
  /** Calls the API from a page of the host, by the client of the recipe. Returns all responses. */
  async function callFrom(
    pageOrigin: string,
    apiOrigin: string,
    ...requests: unknown[][]
  ): Promise<unknown[]> {
    await page.goto(pageOrigin);
    return page.evaluate(`(async () => {
      const { createClient } = await import('/client.js');
      const call = createClient('${apiOrigin}');
      const results = [];
      for (const request of ${JSON.stringify(requests)})
        results.push(await call(...request).catch((error) => error.message));
      return results;
    })()`);
  }
  const call = (host: string, apiHost: string, ...requests: unknown[][]): Promise<unknown[]> =>
    callFrom(origin(host), origin(apiHost), ...requests);
  const ME = ['GET', '/me'];
  const signIn = async (apiHost: string): Promise<unknown> => {
    const [login, me] = await call(APP, apiHost, ['POST', '/login', ADA], ME);
    expect(login).toEqual(ADA);
    return me;
  };
  /** What the page shows after a click that leaves it for the API. */
  async function afterClick(host: string, html: string, target: string): Promise<unknown> {
    await page.goto(origin(host));
    await page.setContent(html);
    await page.locator('button, a').click();
    await page.waitForURL(target);
    return JSON.parse((await page.textContent('body'))!);
  }

  describe.each(ADAPTERS)('on %s', (_, adapter) => {
    it.each(['allowed', 'blocked'] as const)(
      'signs in from the same site and from another site, third-party cookies being %s',
      async (thirdParty) => {
        const recipe = await import('./spa-on-another-origin/session.js');
        await start(recipe.forSameSite(), { thirdParty, adapter: adapter });
        expect(await signIn(SAME_SITE)).toEqual(ADA);
        await api.close();
        await start(recipe.forOtherSite(), { thirdParty, adapter: adapter });
        expect(await signIn(OTHER_SITE)).toEqual(ADA);
      },
    );

    it('lets no page of another origin read a response or send JSON', async () => {
      const recipe = await import('./spa-on-another-origin/session.js');
      await start(recipe.forSameSite(), { adapter: adapter });
      await signIn(SAME_SITE);
      const attempts = await call('forum.shop.test', SAME_SITE, ME, ['POST', '/login', { user: 'eve' }]);
      expect(attempts).toEqual(['Failed to fetch', 'Failed to fetch']);
      expect(await call(APP, SAME_SITE, ME)).toEqual([ADA]);
    });
  });

  it.each<[string, CookieOptions, Cookies, object]>([
    ['lax, third-party cookies allowed', {}, 'allowed', NOBODY],
    ['lax, third-party cookies blocked', {}, 'blocked', NOBODY],
    ['none, third-party cookies allowed', { sameSite: 'none' }, 'allowed', ADA],
    ['none, third-party cookies blocked', { sameSite: 'none' }, 'blocked', NOBODY],
    ['none and partitioned, third-party cookies allowed', PARTITIONED, 'allowed', ADA],
    ['none and partitioned, third-party cookies blocked', PARTITIONED, 'blocked', ADA],
  ])('keeps a login from another site or not: %s', async (_, cookie, thirdParty, expected) => {
    await start(sessionWith(cookie), { thirdParty });
    expect(await signIn(OTHER_SITE)).toEqual(expected);
  });

  it.each<[string, CookieOptions, string, object]>([
    ['lax, from another site', {}, 'evil.test', NOBODY],
    ['lax, from another origin of the site', {}, 'forum.shop.test', ADA],
    ['none, from another site', { sameSite: 'none' }, 'evil.test', ADA],
    ['none and partitioned, from another site', PARTITIONED, 'evil.test', NOBODY],
  ])('sends the cookie with a form of a hostile page or not: %s', async (_, cookie, host, expected) => {
    await start(sessionWith(cookie));
    const apiHost = cookie.sameSite === 'none' ? OTHER_SITE : SAME_SITE;
    expect(await signIn(apiHost)).toEqual(ADA);
    const target = `${origin(apiHost)}/who`;
    const form = `<form method="post" action="${target}"><button>Win</button></form>`;
    expect(await afterClick(host, form, target)).toEqual(expected);
  });

  it.each([
    ['lax', ADA],
    ['strict', NOBODY],
  ] as const)('sends the cookie with a link from another site or not: %s', async (sameSite, expected) => {
    await start(sessionWith({ sameSite }));
    await signIn(SAME_SITE);
    const target = `${origin(SAME_SITE)}/who`;
    expect(await afterClick('login.test', `<a href="${target}">Back</a>`, target)).toEqual(expected);
  });

  it.each([
    ['127.0.0.1', '127.0.0.1', ADA],
    ['app.localhost', 'api.localhost', NOBODY],
  ])('keeps a login of a developer or not: pages on %s, the API on %s', async (host, apiHost, expected) => {
    const from = `http://${host}:${portOf(pages)}`;
    process.env['APP_ORIGIN'] = from;
    await start(SessionModule.forRoot({ secret: SECRET }));
    process.env['APP_ORIGIN'] = origin(APP);
    const to = `http://${apiHost}:${portOf(api.getHttpServer() as Server)}`;
    expect(await callFrom(from, to, ['POST', '/login', ADA], ME)).toEqual([ADA, expected]);
  });
});
