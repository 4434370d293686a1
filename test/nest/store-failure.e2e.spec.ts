import type { IncomingMessage } from 'node:http';
import { Controller, Get, Post, UseGuards, type LoggerService } from '@nestjs/common';
import {
  Session,
  SessionGuard,
  SessionModule,
  type OnStoreError,
  type SessionEvent,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';
import { isLogged } from '../../lib/http/describe-event.js';

let handled: string[];

@Controller()
class PagesController {
  @Get('page') page(@Session() session: UserSession) {
    return { known: session.isAvailable, userId: session['userId'] ?? null };
  }
  @Get('static') static() {
    return {};
  }
  @Get('own') @UseGuards(SessionGuard) own(@Session('userId') userId: string) {
    handled.push(userId);
    return { userId };
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.regenerate();
    session['userId'] = 'u1';
    return {};
  }
  @Post('write') write(@Session() session: UserSession) {
    session['n'] = Number(session['n'] ?? 0) + 1;
    return {};
  }
  @Post('unsavable') unsavable(@Session() session: UserSession) {
    session['tags'] = new Set();
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
}

class Recorder implements LoggerService {
  readonly lines: string[] = [];
  log(message: unknown) {
    this.lines.push(`log ${String(message)}`);
  }
  warn(message: unknown) {
    this.lines.push(`warn ${String(message)}`);
  }
  error(message: unknown, error?: { cause?: unknown }) {
    this.lines.push(`error ${String(message)} ${String(error?.cause)}`);
  }
  get ofSessions(): string[] {
    return this.lines.filter((line) => line.includes('session'));
  }
}

/** Waits for one turn of the event loop, in which events are emitted. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A store that works, fails or never responds. */
class UnreliableStore extends CountingStore {
  isSilent = false;
  override async load(key: Parameters<CountingStore['load']>[0]) {
    return this.isSilent ? new Promise<never>(() => undefined) : super.load(key);
  }
  break(): void {
    const down = new Error('connect ECONNREFUSED');
    this.failing = { load: down, create: down, patch: down, rekey: down, delete: down };
  }
  mend(): void {
    this.failing = {};
    this.isSilent = false;
  }
}

describe.each(ADAPTERS)('a store that fails, on %s', (_, adapter) => {
  let running: RunningApp;
  let store: UnreliableStore;
  let logger: Recorder;
  let clock: FakeClock;
  const events: SessionEvent[] = [];

  const start = async (options: Partial<SessionModuleOptions> = {}): Promise<Browser> => {
    store = new UnreliableStore();
    logger = new Recorder();
    clock = new FakeClock();
    handled = [];
    events.length = 0;
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({
          secret: SECRET,
          store,
          clock,
          // Those of the life of a session are not the store's.
          onEvent: (event) => isLogged(event) && events.push(event),
          ...options,
        }),
      ],
      controllers: [PagesController],
      prepare: (app) => app.useLogger(logger),
    });
    const browser = new Browser(running.url);
    await browser.post('/login');
    return browser;
  };
  afterEach(() => running.app.close());

  const anonymous = { onStoreError: 'anonymous' } as const;

  it('causes a 503 with Retry-After that keeps the cookie, and recovers without a restart (S-69)', async () => {
    const browser = await start();
    const cookie = new Map(browser.jar);
    store.break();
    for (const path of ['/page', '/static', '/own']) {
      const response = await browser.fetch(path);
      expect([path, response.status, response.headers.get('retry-after')]).toEqual([path, 503, '1']);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.text()).not.toContain('ECONNREFUSED');
    }
    expect(handled).toEqual([]);
    expect(browser.jar).toEqual(cookie);
    store.mend();
    expect(await browser.get('/own')).toEqual({ userId: 'u1' });
  });

  it('does not affect visitors without a cookie', async () => {
    await start();
    store.break();
    expect((await new Browser(running.url).fetch('/page')).status).toBe(200);
    expect((await new Browser(running.url).fetch('/own')).status).toBe(401);
  });

  it('with onStoreError "anonymous" serves pages with isAvailable false', async () => {
    const browser = await start(anonymous);
    store.break();
    const response = await browser.fetch('/page');
    expect(await response.json()).toEqual({ known: false, userId: null });
    expect(response.headers.getSetCookie()).toEqual([]);
    store.mend();
    expect(await browser.get('/page')).toEqual({ known: true, userId: 'u1' });
  });

  it('with onStoreError "anonymous" runs no guarded handler, and responds 503 and not 401 (S-69)', async () => {
    const browser = await start(anonymous);
    store.break();
    const response = await browser.fetch('/own');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(handled).toEqual([]);
  });

  it.each([['write'], ['login'], ['logout']])(
    'with onStoreError "anonymous" rejects a %s, so that nothing is lost silently',
    async (path) => {
      const browser = await start(anonymous);
      store.break();
      const response = await browser.post(`/${path}`);
      expect(response.status).toBe(503);
      expect(response.headers.getSetCookie()).toEqual([]);
      store.mend();
      expect(await browser.get('/own')).toEqual({ userId: 'u1' });
    },
  );

  it('is handled as a function of the request decides', async () => {
    const onStoreError = (req: IncomingMessage): OnStoreError => (req.url === '/page' ? 'anonymous' : 'fail');
    const browser = await start({ onStoreError });
    store.break();
    expect((await browser.fetch('/page')).status).toBe(200);
    expect((await browser.fetch('/static')).status).toBe(503);
  });

  it('causes one log line for an outage and one for its end, and two events (S-70)', async () => {
    const browser = await start();
    store.break();
    for (let n = 0; n < 5; n++) await browser.fetch('/page');
    clock.advance(2500);
    store.mend();
    for (let n = 0; n < 5; n++) await browser.fetch('/page');
    expect(logger.ofSessions).toEqual([
      'error The session store fails. Requests that need it get 503 until it works again. Browsers keep their cookies. Error: connect ECONNREFUSED',
      'log The session store works again, after 2.5 seconds and 5 failed calls.',
    ]);
    expect(events).toEqual([
      { type: 'store-down', error: expect.objectContaining({ code: 'ERR_SESSION_STORE' }) as unknown },
      { type: 'store-up', downMs: 2500, failedCalls: 5 },
    ]);
  });

  it.each<[string, string, () => Promise<void>]>([
    ['fails, when the session is read', '/page', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    [
      'fails, when the session is not read',
      '/static',
      () => Promise.reject(new Error('connect ECONNREFUSED')),
    ],
    ['does not return in time', '/static', () => new Promise(() => undefined)],
  ])(
    'causes an event for a touch that %s, although the response is a 200 (S-70)',
    async (_, path, beforeWrite) => {
      const browser = await start({ storeTimeout: 50 });
      clock.advance(120_000);
      store.calls = [];
      store.beforeWrite = beforeWrite;
      expect((await browser.fetch(path)).status).toBe(200);
      expect(store.calls).toEqual(['load', 'patch']);
      await turn();
      expect(events.map(({ type }) => type)).toEqual(['store-down']);
      expect(logger.ofSessions).toHaveLength(1);
    },
  );

  it('causes a 503 in time when it never responds, and is called rarely then', async () => {
    const browser = await start({ storeTimeout: 20 });
    store.isSilent = true;
    const responses = await Promise.all(Array.from({ length: 20 }, () => browser.clone().fetch('/page')));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([503]));
    expect((await browser.fetch('/page')).status).toBe(503);
    store.mend();
    clock.advance(500);
    expect(await browser.get('/own')).toEqual({ userId: 'u1' });
    expect((await browser.fetch('/page')).status).toBe(200);
  });

  it('causes a new session for an unreadable record, with an event and without a 500', async () => {
    const browser = await start();
    const { handle } = await sessionAt(browser);
    store.inner.load = async () => 'corrupt' as const;
    const response = await browser.fetch('/page');
    expect(await response.json()).toEqual({ known: true, userId: null });
    expect((await browser.fetch('/own')).status).toBe(401);
    expect(events[0]).toEqual({ type: 'corrupt-record', handle });
    expect(logger.ofSessions[0]).toBe(
      `warn The record of the session ${handle} cannot be read. Its visitor got a new session.`,
    );
  });

  it('causes a log line with the cause and an event for a failed sweep', async () => {
    const sweeper = Object.assign(new UnreliableStore(), {
      deleteExpired: () => Promise.reject(new Error('deadlock')),
    });
    let started: Promise<unknown> = Promise.resolve();
    const event = await new Promise<SessionEvent>((onEvent) => {
      started = start({ store: sweeper, sweepEvery: 1, onEvent });
    });
    await started;
    expect(event).toMatchObject({
      type: 'sweep-failed',
      error: { code: 'ERR_SESSION_STORE', cause: { message: 'deadlock' } },
    });
    expect(logger.ofSessions).toContain(
      'error The session store did not remove expired sessions. The next sweep tries again. Error: deadlock',
    );
  });

  describe('with a listener that fails', () => {
    // Jest fails these tests for an unhandled rejection or error.
    const fail = (): never => {
      throw new Error('no');
    };

    it.each<[string, () => unknown]>([
      ['throws', fail],
      ['rejects', () => Promise.reject(new Error('no'))],
      ['rejects later', async () => turn().then(fail)],
      [
        'rejects by a thenable',
        () => ({ then: (_: unknown, no: (e: Error) => void) => no(new Error('no')) }),
      ],
    ])('serves requests as without a listener: one that %s', async (_, onEvent) => {
      const browser = await start({ onEvent: onEvent });
      clock.advance(120_000);
      store.failing = { patch: new Error('down') };
      expect((await browser.fetch('/page')).status).toBe(200);
      store.break();
      expect((await browser.fetch('/page')).status).toBe(503);
      await turn();
      expect(logger.lines).toContain('warn The option onEvent failed: no');
    });

    it('does not wait for the listener or its promise', async () => {
      const order: string[] = [];
      const browser = await start({
        onEvent: ({ type }) => {
          if (type === 'store-down') order.push('listener');
          return new Promise<never>(() => undefined) as never;
        },
      });
      const { patch } = store;
      store.patch = async (...args) => {
        const result = patch.apply(store, args);
        await result.catch(() => order.push('store'));
        queueMicrotask(() => order.push('request'));
        return result;
      };
      clock.advance(120_000);
      store.failing = { patch: new Error('down') };
      expect((await browser.fetch('/page')).status).toBe(200);
      await turn();
      expect(order).toEqual(['store', 'request', 'listener']);
    });

    it('serves requests when the logger throws too', async () => {
      const browser = await start({ onEvent: fail });
      for (const level of ['log', 'warn', 'error'] as const) logger[level] = fail;
      clock.advance(120_000);
      store.failing = { patch: new Error('down') };
      expect((await browser.fetch('/page')).status).toBe(200);
      store.break();
      expect((await browser.fetch('/page')).status).toBe(503);
      store.mend();
      expect((await browser.post('/unsavable')).status).toBe(500);
      await turn();
    });
  });

  /** The handle of a browser's session. */
  async function sessionAt(browser: Browser): Promise<{ handle: string }> {
    let handle = '';
    const { load } = store;
    store.load = async function (key) {
      const { sessionHandle } = await import('../../lib/core/session-id.js');
      handle = sessionHandle(key);
      return load.call(store, key);
    };
    await browser.fetch('/page');
    store.load = load;
    return { handle };
  }
});
