import { Controller, Get, Injectable, Post } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import {
  OnSession,
  Session,
  SessionModule,
  type SessionEvent,
  type SessionEventOf,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

let heard: SessionEvent[] = [];

@Injectable()
class Audit {
  readonly #log = heard;
  get broken(): never {
    throw new Error('a getter that must not run');
  }
  @OnSession('login', 'logout') signIns(event: SessionEventOf<'login' | 'logout'>) {
    heard.push(event);
    return this.#log.length;
  }
  @OnSession('created') failing(): void {
    heard.push({ type: 'created' } as SessionEvent);
    throw new Error('the listener fails');
  }
  @OnSession('regenerated') rejecting(): Promise<void> {
    return Promise.reject(new Error('the listener rejects'));
  }
  notListening() {
    return 'nothing';
  }
}

@Controller()
class SignInController {
  @OnSession('rejected') rejected(event: SessionEventOf<'rejected'>): void {
    heard.push(event);
  }
  @Post('visit') visit(@Session() session: UserSession) {
    session['seen'] = true;
    return {};
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.login('u1', { method: 'pwd' });
    return {};
  }
  @Post('admin/login') async adminLogin(@Session({ name: 'admin' }) session: UserSession) {
    await session.login('root');
    return {};
  }
  @Post('regenerate') async regenerate(@Session() session: UserSession) {
    await session.regenerate({ keep: 'all' });
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Get('seen') seen(@Session() session: UserSession) {
    return { seen: session['seen'] ?? null, handle: session.handle };
  }
}

/** Listeners run in a later turn of the event loop. */
const later = (): Promise<void> => wait(20);

describe.each(ADAPTERS)('@OnSession on %s', (_, adapter) => {
  let running: RunningApp;
  let browser: Browser;
  beforeEach(async () => {
    heard = [];
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({ secret: SECRET }),
        SessionModule.forRoot({ sessionName: 'admin', name: 'admin.sid', secret: OTHER_SECRET }),
      ],
      controllers: [SignInController],
      providers: [Audit, { provide: 'alias', useExisting: Audit }],
    });
    browser = new Browser(running.url);
  });
  afterEach(() => running.app.close());

  it('calls the methods of providers and controllers once for each event of their types', async () => {
    await browser.post('/login');
    const { handle } = await browser.get<{ handle: string }>('/seen');
    await browser.post('/logout');
    await later();
    expect(heard.filter(({ type }) => type !== 'created')).toEqual([
      {
        type: 'login',
        sessionName: 'default',
        at: expect.any(Number) as number,
        handle,
        principal: 'u1',
        formerHandle: null,
        method: 'pwd',
        isStepUp: false,
      },
      {
        type: 'logout',
        sessionName: 'default',
        at: expect.any(Number) as number,
        handle,
        principal: 'u1',
      },
    ]);
  });

  it('calls them with the events of every session name', async () => {
    await browser.post('/login');
    await browser.post('/admin/login');
    await later();
    expect(heard.filter(({ type }) => type === 'login')).toMatchObject([
      { sessionName: 'default', principal: 'u1' },
      { sessionName: 'admin', principal: 'root' },
    ]);
  });

  it('continues the request when a method throws or rejects', async () => {
    expect((await browser.post('/visit')).status).toBe(201);
    expect((await browser.post('/regenerate')).status).toBe(201);
    await later();
    expect(heard).toEqual([{ type: 'created' }]);
    expect(await browser.get('/seen')).toMatchObject({ seen: true });
  });

  it('reports why a cookie got no session', async () => {
    await browser.post('/visit');
    const [[name, value] = []] = [...browser.jar];
    await browser.post('/logout');
    heard = [];
    await new Browser(running.url, [[name!, value!]]).get('/seen');
    await new Browser(running.url, [[name!, `${value!}x`]]).get('/seen');
    await later();
    expect(heard).toMatchObject([
      { type: 'rejected', reason: 'unknown-id' },
      { type: 'rejected', reason: 'bad-signature' },
    ]);
  });
});
