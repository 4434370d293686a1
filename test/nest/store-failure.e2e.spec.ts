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

/** Events come in a turn of their own. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Answers, or fails, or never answers. */
class MoodyStore extends CountingStore {
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
  let store: MoodyStore;
  let logger: Recorder;
  let clock: FakeClock;
  const events: SessionEvent[] = [];

  const start = async (options: Partial<SessionModuleOptions> = {}): Promise<Browser> => {
    store = new MoodyStore();
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
          onEvent: (event) => events.push(event),
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

  it('answers 503 with Retry-After and leaves the cookie; served again without a restart (S-69)', async () => {
    const browser = await start();
    const cookie = new Map(browser.jar);
    store.break();
    for (const path of ['/page', '/static', '/own']) {
      const answer = await browser.fetch(path);
      expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '1']);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await answer.text()).not.toContain('ECONNREFUSED');
    }
    expect(handled).toEqual([]);
    expect(browser.jar).toEqual(cookie);
    store.mend();
    expect(await browser.get('/own')).toEqual({ userId: 'u1' });
  });

  it('serves visitors who bring no cookie', async () => {
    await start();
    store.break();
    expect((await new Browser(running.url).fetch('/page')).status).toBe(200);
    expect((await new Browser(running.url).fetch('/own')).status).toBe(401);
  });

  it('with onStoreError "anonymous" serves pages that can live without, and says so to them', async () => {
    const browser = await start(anonymous);
    store.break();
    const answer = await browser.fetch('/page');
    expect(await answer.json()).toEqual({ known: false, userId: null });
    expect(answer.headers.getSetCookie()).toEqual([]);
    store.mend();
    expect(await browser.get('/page')).toEqual({ known: true, userId: 'u1' });
  });

  it('with onStoreError "anonymous" never runs a guarded handler, and never says 401 to who may be logged in (S-69)', async () => {
    const browser = await start(anonymous);
    store.break();
    const answer = await browser.fetch('/own');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(handled).toEqual([]);
  });

  it.each([['write'], ['login'], ['logout']])(
    'with onStoreError "anonymous" refuses a %s: nothing is lost silently',
    async (path) => {
      const browser = await start(anonymous);
      store.break();
      const answer = await browser.post(`/${path}`);
      expect(answer.status).toBe(503);
      expect(answer.headers.getSetCookie()).toEqual([]);
      store.mend();
      expect(await browser.get('/own')).toEqual({ userId: 'u1' });
    },
  );

  it('lets a function of the request decide', async () => {
    const onStoreError = (req: IncomingMessage): OnStoreError => (req.url === '/page' ? 'anonymous' : 'fail');
    const browser = await start({ onStoreError });
    store.break();
    expect((await browser.fetch('/page')).status).toBe(200);
    expect((await browser.fetch('/static')).status).toBe(503);
  });

  it('logs one line for an outage and one for its end, and tells onEvent (S-70)', async () => {
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
    ['fails, of a session that is read', '/page', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    [
      'fails, of a session that nobody reads',
      '/static',
      () => Promise.reject(new Error('connect ECONNREFUSED')),
    ],
    ['does not return in time', '/static', () => new Promise(() => undefined)],
  ])(
    'raises the event for a touch that %s, though the response is a 200 (S-70)',
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

  it('answers in time where the store never does, and asks it only now and then', async () => {
    const browser = await start({ storeTimeout: 20 });
    store.isSilent = true;
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.clone().fetch('/page')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect((await browser.fetch('/page')).status).toBe(503);
    store.mend();
    clock.advance(500);
    expect(await browser.get('/own')).toEqual({ userId: 'u1' });
    expect((await browser.fetch('/page')).status).toBe(200);
  });

  it('gives a fresh session to whose record cannot be read, and tells it: no 500', async () => {
    const browser = await start();
    const { handle } = await sessionAt(browser);
    store.inner.load = async () => 'corrupt' as const;
    const answer = await browser.fetch('/page');
    expect(await answer.json()).toEqual({ known: true, userId: null });
    expect((await browser.fetch('/own')).status).toBe(401);
    expect(events[0]).toEqual({ type: 'corrupt-record', handle });
    expect(logger.ofSessions[0]).toBe(
      `warn The record of the session ${handle} cannot be read. Its visitor got a new session.`,
    );
  });

  it('logs a sweep that fails with its cause, and emits it', async () => {
    const sweeper = Object.assign(new MoodyStore(), {
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
    // Jest fails these tests for a rejection or an error that nobody handles.
    const fail = (): never => {
      throw new Error('no');
    };

    it.each<[string, () => unknown]>([
      ['throws', fail],
      ['rejects', () => Promise.reject(new Error('no'))],
      ['rejects later', async () => turn().then(fail)],
      [
        'rejects by a promise of its own kind',
        () => ({ then: (_: unknown, no: (e: Error) => void) => no(new Error('no')) }),
      ],
    ])('serves requests as without one that %s', async (_, onEvent) => {
      const browser = await start({ onEvent: onEvent });
      clock.advance(120_000);
      store.failing = { patch: new Error('down') };
      expect((await browser.fetch('/page')).status).toBe(200);
      store.break();
      expect((await browser.fetch('/page')).status).toBe(503);
      await turn();
      expect(logger.lines).toContain('warn The option onEvent failed: no');
    });

    it('waits for no listener: neither for its promise nor for what it does before it returns', async () => {
      const order: string[] = [];
      const browser = await start({
        onEvent: () => {
          order.push('listener');
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

    it('serves requests where the logger throws too', async () => {
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

  /** What the server knows of a browser's session. */
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
