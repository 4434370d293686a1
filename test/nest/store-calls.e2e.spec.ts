import { Controller, Get, Post } from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

@Controller()
class AppController {
  @Get('untouched') untouched() {
    return { ok: true };
  }
  @Get('read') read(@Session() session: UserSession) {
    return { userId: session['userId'] ?? null };
  }
  @Post('write') write(@Session() session: UserSession) {
    session.update<number>('n', (n = 0) => n + 1);
    return {};
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.regenerate();
    session['userId'] = 'u1';
    await session.save();
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
}

describe.each(ADAPTERS)('store calls per request on %s', (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  let browser: Browser;

  beforeEach(async () => {
    store = new CountingStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [AppController],
    });
    browser = new Browser(running.url);
  });
  afterEach(() => running.app.close());

  const callsOf = async (action: () => Promise<unknown>): Promise<string[]> => {
    store.calls = [];
    await action();
    return store.calls;
  };

  it('makes no store call for a visitor without changes, and sends no cookie', async () => {
    expect(await callsOf(() => browser.fetch('/untouched'))).toEqual([]);
    expect(await callsOf(() => browser.get('/read'))).toEqual([]);
    expect(browser.jar.size).toBe(0);
  });

  it('makes no store call for a forged cookie', async () => {
    browser.jar.set(
      'connect.sid',
      's%3AaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX.forgedforgedforgedforgedforgedforgedforged0',
    );
    expect(await callsOf(() => browser.get('/read'))).toEqual([]);
  });

  it('makes one store call to read, and two to write, log in and log out', async () => {
    expect(await callsOf(() => browser.post('/write'))).toEqual(['create']);
    expect(await callsOf(() => browser.get('/read'))).toEqual(['load']);
    expect(await callsOf(() => browser.post('/write'))).toEqual(['load', 'patch']);
    expect(await callsOf(() => browser.post('/login'))).toEqual(['load', 'rekey']);
    expect(await browser.get('/read')).toEqual({ userId: 'u1' });
    expect(await callsOf(() => browser.post('/logout'))).toEqual(['load', 'delete']);
    expect(browser.jar.size).toBe(0);
  });
});
