import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, UseGuards, type INestApplication } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { SessionRegistry } from 'nest-session';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';
import { startRecipe } from '../support/start-recipe.js';

const COOKIE = 'connect.sid';
const statusOf = async (browser: Browser, path: string, init?: RequestInit): Promise<number> =>
  (await browser.fetch(path, init)).status;

/** An OAuth 2 provider whose only user always agrees. It checks the client, the code and the PKCE verifier. */
async function startProvider(): Promise<{ server: Server; url: string }> {
  const challenges = new Map<string, string>();
  const server = createServer((req, res) => {
    void (async () => {
      const { pathname, searchParams } = new URL(req.url!, 'http://provider');
      let body = '';
      for await (const chunk of req) body += String(chunk);
      const form = new URLSearchParams(body);
      const json = (status: number, value: object): void =>
        void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (pathname === '/authorize') {
        const code = `code-${challenges.size}`;
        challenges.set(code, searchParams.get('code_challenge')!);
        const to = new URL(searchParams.get('redirect_uri')!);
        to.search = new URLSearchParams({ code, state: searchParams.get('state')! }).toString();
        res.writeHead(302, { location: to.href }).end();
      } else if (pathname === '/token') {
        const challenge = challenges.get(form.get('code')!);
        challenges.delete(form.get('code')!);
        const isClient = form.get('client_id') === 'shop' && form.get('client_secret') === 'shop-secret';
        const isValid = isClient && challenge === (await challengeOf(form.get('code_verifier')!));
        if (isValid) json(200, { access_token: 'token-of-grace', token_type: 'bearer' });
        else json(400, { error: 'invalid_grant' });
      } else if (req.headers.authorization === 'Bearer token-of-grace') json(200, { sub: 'grace' });
      else json(401, {});
    })();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function challengeOf(verifier: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return Buffer.from(hash).toString('base64url');
}

let provider: Awaited<ReturnType<typeof startProvider>>;
beforeAll(async () => {
  provider = await startProvider();
  const env = { SESSION_SECRET: SECRET, OAUTH_URL: provider.url, OAUTH_CLIENT: 'shop' };
  // The callback needs no server: the tests follow redirects by their path.
  Object.assign(process.env, env, { OAUTH_SECRET: 'shop-secret', PUBLIC_URL: 'http://shop.test' });
});
afterAll(() => {
  provider.server.close();
  provider.server.closeAllConnections();
});

describe.each(ADAPTERS)('the recipe for OAuth 2 by passport on %s', (name, makeAdapter) => {
  let app: INestApplication;
  let browser: Browser;
  beforeEach(async () => {
    const { AppModule } = await import('./passport-oauth2/app.module.js');
    const running = await startRecipe(AppModule, makeAdapter);
    app = running.app;
    browser = new Browser(running.url);
  });
  afterEach(() => app.close());

  /** Follows the redirect to the provider; returns the path of the callback to which that redirects. */
  const pathOfCallback = async (from = browser): Promise<string> => {
    const redirect = await from.fetch('/oauth');
    expect(redirect.status).toBe(302);
    const agreed = await fetch(redirect.headers.get('location')!, { redirect: 'manual' });
    const { pathname, search } = new URL(agreed.headers.get('location')!);
    return pathname + search;
  };

  it('signs in by OAuth 2, under a new id: the one that kept the state is invalid (S-9)', async () => {
    const callback = await pathOfCallback();
    const planted = browser.clone();
    const response = await browser.fetch(callback);
    expect([response.status, response.headers.get('location')]).toEqual([302, '/me']);
    expect(await browser.get('/me')).toEqual({ user: 'grace' });
    expect(browser.jar.get(COOKIE)).not.toBe(planted.jar.get(COOKIE));
    expect(await statusOf(planted, '/me')).toBe(401);
    expect(await app.get(SessionRegistry).list('grace')).toMatchObject([
      { methods: { oauth: expect.any(Number) as number } },
    ]);
  });

  it('refuses a callback with the state of another browser, and a callback that comes twice', async () => {
    const callback = await pathOfCallback();
    const other = new Browser(await app.getUrl());
    await pathOfCallback(other);
    expect(await statusOf(other, callback)).toBe(401);
    expect(await statusOf(browser, callback)).toBe(302);
    expect(await statusOf(browser, callback)).toBe(401);
  });

  it('responds 500 on Fastify by a guard without getResponse()', async () => {
    @Controller()
    class PlainController {
      @Get('plain') @UseGuards(AuthGuard('oauth2')) plain() {}
    }
    await app.close();
    const { AppModule } = await import('./passport-oauth2/app.module.js');
    @Module({ imports: [AppModule], controllers: [PlainController] })
    class PlainModule {}
    const running = await startRecipe(PlainModule, makeAdapter);
    app = running.app;
    expect((await fetch(`${running.url}/plain`, { redirect: 'manual' })).status).toBe(
      name === 'express' ? 302 : 500,
    );
  });
});
