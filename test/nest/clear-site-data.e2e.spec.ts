import { Controller, Get, Header, Post } from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

@Controller()
class LogoutController {
  @Post('login') async login(@Session() session: UserSession) {
    await session.login('ada');
    return {};
  }
  @Get('account') account(@Session() session: UserSession) {
    return { user: session.principal };
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('logout-own') @Header('Clear-Site-Data', '"storage"') async logoutOwn(
    @Session() session: UserSession,
  ) {
    await session.destroy();
    return {};
  }
}

const SECURE = { method: 'POST', headers: { 'X-Forwarded-Proto': 'https' } };

describe.each(ADAPTERS)('the option clearSiteData on %s', (_, adapter) => {
  let running: RunningApp;
  let browser: Browser;
  beforeEach(async () => {
    const cookie = { secure: 'auto' as const };
    const options = { secret: SECRET, proxy: true, cookie, clearSiteData: ['cache', 'cookies'] as const };
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot(options)],
      controllers: [LogoutController],
    });
    browser = new Browser(running.url);
    await browser.fetch('/login', SECURE);
  });
  afterEach(() => running.app.close());
  const headerOf = async (path: string, init: RequestInit): Promise<string | null> =>
    (await browser.fetch(path, init)).headers.get('clear-site-data');

  it('sends the header with the logout alone (S-49)', async () => {
    expect(await headerOf('/account', { headers: SECURE.headers })).toBeNull();
    expect(await headerOf('/logout', SECURE)).toBe('"cache", "cookies"');
    expect(browser.jar.size).toBe(0);
    expect(await headerOf('/logout', SECURE)).toBeNull();
  });

  it('keeps the header of the application, and sends none over an insecure connection', async () => {
    expect(await headerOf('/logout-own', SECURE)).toBe('"storage"');
    await browser.fetch('/login', SECURE);
    expect(await headerOf('/logout', { method: 'POST' })).toBeNull();
  });
});
