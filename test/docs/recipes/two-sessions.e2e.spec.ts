import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, type ArgumentsHost, type INestApplication } from '@nestjs/common';
import {
  getSessionRegistryToken,
  getSessionStoreToken,
  minutes,
  Session,
  type MemorySessionStore,
  type SessionRegistry,
  type UserSession,
} from 'nest-session';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { OTHER_SECRET, SECRET } from '../../support/secret.js';
import { startRecipe } from '../support/start-recipe.js';

const PASSWORD = 'for-tests';

describe.each(ADAPTERS)('the recipe for two sessions on %s', (_, makeAdapter) => {
  let folder: string;
  let app: INestApplication;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nest-session-recipe-'));
    const secrets = { SESSION_SECRET: SECRET, ADMIN_SESSION_SECRET: OTHER_SECRET };
    Object.assign(process.env, secrets, { SESSION_PATH: folder, ADMIN_PASSWORD: PASSWORD });
    const { AppModule } = await import('./two-sessions/app.module.js');
    const running = await startRecipe(AppModule, makeAdapter);
    app = running.app;
    browser = new Browser(running.url);
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const status = async (path: string, method = 'GET'): Promise<number> =>
    (await browser.fetch(path, { method })).status;
  const login = (password: string): Promise<Response> =>
    browser.fetch('/admin/login', { method: 'POST', body: new URLSearchParams({ password }) });

  it('gives a visitor the session of the shop only, with its cookie', async () => {
    const { headers } = await browser.post('/shop/cart');
    const [cookie, ...others] = headers.getSetCookie();
    expect([cookie, others]).toEqual([expect.stringMatching(/^shop\.sid=.*; Path=\/; /), []]);
    expect(cookie).toMatch(/; Max-Age=\d+; /);
    expect([await status('/admin/sessions'), await status('/admin/prices', 'POST')]).toEqual([401, 401]);
  });

  it('signs in to the other session, with another cookie, and leaves the cart', async () => {
    expect((await login('guess')).status).toBe(401);
    const { headers } = await login(PASSWORD);
    const [cookie, ...others] = headers.getSetCookie();
    expect([cookie, others]).toEqual([
      expect.stringMatching(/^admin\.sid=.*; Path=\/admin; HttpOnly; SameSite=Strict$/),
      [],
    ]);
    expect(await (await browser.post('/shop/cart')).json()).toEqual({ items: 2 });
  });

  it('gives services, guards and handlers the session of that name', async () => {
    expect(await (await browser.post('/admin/prices')).json()).toEqual({ action: 'prices', by: 'root' });
    expect(await status('/admin/wizard')).toBe(401);
    await browser.post('/admin/wizard');
    expect(await browser.get('/admin/wizard')).toEqual({ step: 1 });
  });

  it('keeps each session in its own store, with its own timeouts', async () => {
    expect(await browser.get('/admin/sessions')).toEqual({ signedIn: 1 });
    expect(app.get<MemorySessionStore>(getSessionStoreToken('admin')).size).toBe(1);
    const [entry] = await app.get<SessionRegistry>(getSessionRegistryToken('admin')).list('root');
    expect(entry!.expiresAt - entry!.lastSeenAt).toBe(minutes(15));
  });

  it('has no second session outside of the path of its cookie', async () => {
    const errors: unknown[] = [];
    const { AppModule } = await import('./two-sessions/app.module.js');
    @Controller('shop')
    class WrongController {
      @Get('wrong') wrong(@Session({ name: 'admin' }) session: UserSession) {
        return session;
      }
    }
    @Module({ imports: [AppModule], controllers: [WrongController] })
    class WrongModule {}
    await app.close();
    const filter = {
      catch(error: { code: string }, host: ArgumentsHost) {
        errors.push(error.code);
        app.getHttpAdapter().reply(host.getArgByIndex(1), '', 500);
      },
    };
    const prepare = (made: INestApplication): unknown => made.useGlobalFilters(filter);
    const running = await startRecipe(WrongModule, makeAdapter, { prepare });
    app = running.app;
    expect((await fetch(`${running.url}/shop/wrong`)).status).toBe(500);
    expect(errors).toEqual(['ERR_SESSION_NOT_MOUNTED']);
  });
});
