import {
  Catch,
  Controller,
  Get,
  HttpException,
  Param,
  Post,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Session, SessionModule, type RuntimeOptions, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

/** An error of a domain, for which a filter responds. */
class BrokenError extends Error {}

@Catch(BrokenError)
class BrokenFilter implements ExceptionFilter {
  catch(_: BrokenError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Record<string, (value: unknown) => unknown>>();
    void (reply['code'] === undefined ? reply['status']!(503) : reply['code'](503));
    void reply['send']!({ filtered: true });
  }
}

@Controller()
class FailingController {
  @Post('set') set(@Session() session: UserSession) {
    session['saved'] = true;
    return {};
  }
  @Get('read') read(@Session() session: UserSession) {
    return { ...session, principal: session.principal };
  }
  @Post('throw/:kind') fail(@Session() session: UserSession, @Param('kind') kind: string) {
    session['half'] = 'done';
    if (kind === 'error') throw new Error('failed');
    if (kind === 'filtered') throw new BrokenError('failed');
    throw new HttpException('failed', Number(kind));
  }
  @Post('save-throw') async saveAndFail(@Session() session: UserSession) {
    session['explicit'] = true;
    await session.save();
    session['half'] = 'done';
    throw new Error('failed');
  }
  @Post('login-throw') async loginAndFail(@Session() session: UserSession) {
    await session.login('ada');
    throw new Error('failed');
  }
  @Post('logout-throw') async logoutAndFail(@Session() session: UserSession) {
    await session.destroy();
    throw new Error('failed');
  }
}

describe.each(ADAPTERS)('the option saveOnError on %s', (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  let browser: Browser;
  const start = async (options: Partial<RuntimeOptions>): Promise<void> => {
    store = new CountingStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, ...options })],
      controllers: [FailingController],
      providers: [{ provide: APP_FILTER, useClass: BrokenFilter }],
    });
    browser = new Browser(running.url);
    await browser.post('/set');
    store.calls.length = 0;
  };
  afterEach(() => running.app.close());
  const writes = (): string[] => store.calls.filter((call) => call !== 'load');

  it.each([
    ['error', 500],
    ['filtered', 503],
    ['502', 502],
  ])('false saves nothing where a handler throws: %s', async (kind, status) => {
    await start({ saveOnError: false });
    expect((await browser.post(`/throw/${kind}`)).status).toBe(status);
    expect(writes()).toEqual([]);
    expect(await browser.get('/read')).toEqual({ saved: true, principal: null });
    const visitor = new Browser(running.url);
    expect((await visitor.post(`/throw/${kind}`)).headers.getSetCookie()).toEqual([]);
    expect(writes()).toEqual([]);
  });

  it.each(['400', '404'])('false saves where a handler throws a %s', async (kind) => {
    await start({ saveOnError: false });
    await browser.post(`/throw/${kind}`);
    expect(await browser.get('/read')).toMatchObject({ half: 'done' });
  });

  it('is true by default: an error response saves', async () => {
    await start({});
    expect((await browser.post('/throw/error')).status).toBe(500);
    expect(await browser.get('/read')).toMatchObject({ half: 'done' });
  });

  it('false keeps what save() has stored', async () => {
    await start({ saveOnError: false });
    await browser.post('/save-throw');
    expect(await browser.get('/read')).toEqual({ saved: true, explicit: true, principal: null });
  });

  it('false logs nobody in where the login has failed, and the old id is dead (S-9)', async () => {
    await start({ saveOnError: false });
    const attacker = browser.clone();
    expect((await browser.post('/login-throw')).status).toBe(500);
    expect(await browser.get('/read')).toEqual({ principal: null });
    expect(await attacker.get('/read')).toEqual({ principal: null });
  });

  it('false logs a user out all the same (S-42)', async () => {
    await start({ saveOnError: false });
    const response = await browser.post('/logout-throw');
    expect([response.status, browser.jar.size]).toEqual([500, 0]);
    expect(writes()).toEqual(['delete']);
  });
});
