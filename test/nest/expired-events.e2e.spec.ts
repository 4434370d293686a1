import { EventEmitter } from 'node:events';
import { Controller, Get, Injectable, Post, type LoggerService } from '@nestjs/common';
import expressSession from 'express-session';
import {
  MemorySessionStore,
  OnSession,
  Session,
  SessionModule,
  SessionRegistry,
  type AnyStore,
  type SessionEvent,
  type SessionEventOf,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { RedisSessionStore } from 'nest-session/redis';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

const IDLE = 60_000;
/** A sweep removes what expired five minutes ago. */
const GRACE = 300_000;

type Expired = SessionEventOf<'expired'>;

/** Events, and who waits for a number of them. */
class Heard {
  readonly events: Expired[] = [];
  #wake: () => void = () => undefined;
  add(event: Expired): void {
    this.events.push(event);
    this.#wake();
  }
  async count(count: number): Promise<void> {
    while (this.events.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

let heard: Heard;

@Injectable()
class Audit {
  @OnSession('expired') on(event: Expired): void {
    heard.add(event);
  }
}

@Controller()
class VisitController {
  @Post('visit') visit(@Session() session: UserSession) {
    session['card'] = 'number 4711';
    return { handle: session.handle };
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.login('u1');
    return { handle: session.handle };
  }
  @Post('renew') async renew(@Session() session: UserSession) {
    await session.regenerate({ keep: 'all' });
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('admin') async admin(@Session({ name: 'admin' }) session: UserSession) {
    await session.login('root');
    return { handle: session.handle };
  }
  @Get('seen') seen(@Session() session: UserSession) {
    return { seen: session['card'] ?? null };
  }
}

class Recorder implements LoggerService {
  readonly warnings: string[] = [];
  log() {}
  error() {}
  warn(message: unknown) {
    this.warnings.push(String(message));
  }
}

const handleAt = async (browser: Browser, path: string): Promise<string> =>
  ((await (await browser.post(path)).json()) as { handle: string }).handle;

describe.each(ADAPTERS)('the event expired on %s', (_, adapter) => {
  let store: MemorySessionStore;
  let clock: FakeClock;
  let running: RunningApp[];
  beforeEach(() => {
    heard = new Heard();
    store = new MemorySessionStore();
    clock = new FakeClock();
    running = [];
  });
  afterEach(() => Promise.all(running.map(({ app }) => app.close())));

  const start = async (options: Partial<SessionModuleOptions> = {}, providers: unknown[] = [Audit]) => {
    const common = { secret: SECRET, store, clock, sweepEvery: 1, timeouts: { idle: IDLE } };
    const imports = [
      SessionModule.forRoot({ ...common, ...options }),
      SessionModule.forRoot({ ...common, sessionName: 'admin', name: 'admin.sid', secret: OTHER_SECRET }),
    ];
    const started = await startApp(adapter, { imports, controllers: [VisitController], providers });
    running.push(started);
    return started;
  };
  const close = async (): Promise<void> => {
    for (const { app } of running.splice(0)) await app.close();
  };

  it('reaches @OnSession and onEvent once for each session, anonymous or not, by its name (S-66, S-67)', async () => {
    const events: SessionEvent[] = [];
    const { url } = await start({ onEvent: (event) => void events.push(event) });
    const began = clock.now();
    const anonymous = await handleAt(new Browser(url), '/visit');
    const user = await handleAt(new Browser(url), '/login');
    const admin = await handleAt(new Browser(url), '/admin');
    clock.advance(IDLE + GRACE);
    await heard.count(3);
    await close();
    const fact = { type: 'expired', at: began + IDLE };
    const ofDefault = [
      { ...fact, sessionName: 'default', handle: anonymous, principal: null },
      { ...fact, sessionName: 'default', handle: user, principal: 'u1' },
    ];
    const ofAdmin = { ...fact, sessionName: 'admin', handle: admin, principal: 'root' };
    expect(heard.events).toHaveLength(3);
    expect(heard.events).toEqual(expect.arrayContaining([...ofDefault, ofAdmin]));
    const reported = events.filter(({ type }) => type === 'expired');
    expect(reported).toHaveLength(2);
    expect(reported).toEqual(expect.arrayContaining(ofDefault));
    expect(JSON.stringify(heard.events)).not.toContain('4711');
    expect(store.size).toBe(0);
  });

  it('has the handle that the session had before it got another id', async () => {
    const { url } = await start();
    const browser = new Browser(url);
    const handle = await handleAt(browser, '/visit');
    await browser.post('/renew');
    clock.advance(IDLE + GRACE);
    await heard.count(1);
    expect(heard.events).toMatchObject([{ handle }]);
  });

  it('is not emitted for a session that is used, was logged out or was ended by revokeEverything()', async () => {
    const { app, url } = await start();
    const [used, left, revoked] = [new Browser(url), new Browser(url), new Browser(url)];
    await revoked.post('/login');
    await app.get(SessionRegistry).revokeEverything();
    await used.post('/visit');
    await left.post('/visit');
    await left.post('/logout');
    for (let minutes = 0; minutes < 7; minutes++) {
      clock.advance(IDLE - 1);
      expect(await used.get('/seen')).toEqual({ seen: 'number 4711' });
    }
    const last = await handleAt(new Browser(url), '/visit');
    clock.advance(IDLE);
    // The used session and the last one expire now.
    clock.advance(GRACE);
    await heard.count(2);
    await close();
    expect(heard.events.map(({ handle }) => handle)).toContain(last);
    expect(heard.events).toHaveLength(2);
    expect(store.size).toBe(0);
  });

  it('is emitted once by two applications of a process that share a store', async () => {
    const [one] = [await start(), await start()];
    const handles = await Promise.all(
      Array.from({ length: 20 }, () => handleAt(new Browser(one.url), '/visit')),
    );
    clock.advance(IDLE + GRACE);
    await heard.count(20);
    await close();
    expect(heard.events.map(({ handle }) => handle).sort()).toEqual(handles.sort());
  });

  describe('without a store or a sweep that can emit it', () => {
    const warningsOf = async (
      options: Partial<SessionModuleOptions> & { store: AnyStore },
      providers: unknown[] = [Audit],
    ): Promise<string[]> => {
      const logger = new Recorder();
      const { app } = await startApp(adapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, ...options })],
        providers,
        prepare: (made) => made.useLogger(logger),
      });
      await app.close();
      return logger.warnings;
    };
    const client = () => Object.assign(new EventEmitter(), { call: async () => [] });

    it.each<[string, () => AnyStore, RegExp]>([
      [
        'a RedisSessionStore without expiredEvents',
        () => new RedisSessionStore({ client: client() }),
        /^@OnSession\('expired'\) gets no events: RedisSessionStore .*expiredEvents: true of a RedisSessionStore/,
      ],
      [
        'a store made for express-session',
        () => new (class Files extends expressSession.MemoryStore {})(),
        /^@OnSession\('expired'\) gets no events: Files .*in place of one that was made for express-session/,
      ],
    ])('warns at startup with %s', async (_name, make, warning) => {
      expect(await warningsOf({ store: make() })).toEqual([expect.stringMatching(warning)]);
    });

    it('warns at startup without sweeps', async () => {
      expect(await warningsOf({ store, sweepEvery: false })).toEqual([
        expect.stringMatching(
          /^@OnSession\('expired'\) gets no events of this process: the option sweepEvery is false/,
        ),
      ]);
    });

    it('does not warn where the event is emitted, and where nobody listens for it', async () => {
      @Injectable()
      class Logins {
        @OnSession('login') on(): void {
          throw new Error('never');
        }
      }
      expect(await warningsOf({ store })).toEqual([]);
      expect(
        await warningsOf({ store: new RedisSessionStore({ client: client(), expiredEvents: true }) }),
      ).toEqual([]);
      expect(await warningsOf({ store: new RedisSessionStore({ client: client() }) }, [Logins])).toEqual([]);
    });
  });
});
