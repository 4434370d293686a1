import {
  Body,
  Controller,
  Get,
  Post,
  Sse,
  UseGuards,
  type DynamicModule,
  type MessageEvent,
} from '@nestjs/common';
import { EventSource } from 'eventsource';
import {
  MemorySessionStore,
  minutes,
  RequireLogin,
  Session,
  SessionActivity,
  SessionGuard,
  SessionModule,
  SessionRegistry,
  type SessionKey,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { concat, finalize, of, Subject, tap, type Observable } from 'rxjs';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { openStream } from '../support/event-streams.js';
import { SECRET } from '../support/secret.js';

/** The source of all streams, and how many are subscribed to it. */
const news = new Subject<MessageEvent>();
const stream = (): Observable<MessageEvent> => concat(of({ data: 'open' }), news);
let subscribed = 0;
let onUnsubscribed = (): void => undefined;
const counted = (source: Observable<MessageEvent>): Observable<MessageEvent> => {
  subscribed++;
  return source.pipe(
    finalize(() => {
      subscribed--;
      onUnsubscribed();
    }),
  );
};

@Controller()
class StreamController {
  constructor(private readonly registry: SessionRegistry) {}

  @Post('login') async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user);
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Post('revoke-all') async revokeAll(@Body() { user }: { user: string }) {
    return { ended: await this.registry.revokeAll(user) };
  }
  @Post('revoke-everything') async revokeEverything() {
    await this.registry.revokeEverything();
    return {};
  }
  @Get('note') note(@Session('note') note: unknown) {
    return { note: note ?? null };
  }
  @Post('admin/login') async adminLogin(@Session({ name: 'admin' }) session: UserSession) {
    await session.login('root');
    return {};
  }
  @Post('admin/logout') async adminLogout(@Session({ name: 'admin' }) session: UserSession) {
    await session.destroy();
    return {};
  }
  @Sse('events')
  @UseGuards(SessionGuard)
  @RequireLogin()
  events() {
    return counted(stream());
  }
  @Sse('plain') plain() {
    return counted(stream());
  }
  @Sse('kept') @SessionActivity(true) kept() {
    return counted(stream());
  }
  @Sse('quiet') @SessionActivity(false) quiet() {
    return counted(stream());
  }
  @Sse('short') short() {
    return of({ data: 'one' }, { data: 'two' });
  }
  @Sse('late') async late() {
    await new Promise((resolve) => setImmediate(resolve));
    return counted(stream());
  }
  @Sse('leaving') async leaving(@Session() session: UserSession) {
    await session.destroy();
    return counted(stream());
  }
  @Sse('leaving-later') leavingLater(@Session() session: UserSession) {
    setImmediate(() => void session.destroy());
    return counted(stream());
  }
  @Sse('renewed') async renewed(@Session() session: UserSession) {
    await session.regenerate({ keep: 'all' });
    return counted(stream());
  }
  @Sse('first-visit') firstVisit(@Session() session: UserSession) {
    session['note'] = 'first';
    return counted(stream());
  }
  @Sse('writing') writing(@Session() session: UserSession) {
    session['note'] = 'at the start';
    return counted(stream()).pipe(tap(({ data }) => (session['note'] = data)));
  }
}

/** A store, and how often it was asked for a session. */
function countedStore(): { readonly store: MemorySessionStore; loads: number } {
  const store = new MemorySessionStore();
  const counter = { store, loads: 0 };
  const load = store.load.bind(store);
  store.load = (key: SessionKey, realm?: string) => {
    counter.loads++;
    return load(key, realm) as never;
  };
  return counter;
}

const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe.each(ADAPTERS)('event streams on %s', (_, adapter) => {
  let running: RunningApp;
  let counter: ReturnType<typeof countedStore>;
  let now: number;

  const start = async (
    options: Partial<SessionModuleOptions> = {},
    others: DynamicModule[] = [],
  ): Promise<void> => {
    counter = countedStore();
    now = Date.now();
    const clock = { now: () => now };
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({ secret: SECRET, store: counter.store, clock, ...options }),
        ...others,
      ],
      controllers: [StreamController],
    });
  };
  afterEach(async () => {
    await running.app.close();
    await allUnsubscribed();
  });

  const loggedIn = async (user = 'anna'): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.post('/login', { user });
    return browser;
  };
  const open = async (path: string, browser?: Browser) => {
    const client = await openStream(running.url, path, browser);
    if (client.status === 200) await client.received('open');
    return client;
  };
  const allUnsubscribed = (): Promise<void> =>
    new Promise((resolve) => {
      onUnsubscribed = () => subscribed === 0 && resolve();
      onUnsubscribed();
    });

  it.each([
    ['logout in another tab', (browser: Browser) => browser.clone().post('/logout', {})],
    ['revokeAll()', (browser: Browser) => browser.post('/revoke-all', { user: 'anna' })],
    ['revokeEverything()', (browser: Browser) => browser.post('/revoke-everything', {})],
    ['a login of another user', (browser: Browser) => browser.post('/login', { user: 'ben' })],
  ])('end completely at %s, with their sources (S-42)', async (_, end) => {
    await start();
    const browser = await loggedIn();
    const clients = await Promise.all(
      ['/events', '/plain', '/kept', '/quiet', '/late'].map((path) => open(path, browser)),
    );
    const other = await open('/events', await loggedIn('carl'));
    const visitor = await open('/plain');
    news.next({ data: 'news' });
    await Promise.all(clients.map((client) => client.received('news')));
    const closed = Promise.all(clients.map((client) => client.closed));
    await end(browser);
    expect(await closed).toEqual(['end', 'end', 'end', 'end', 'end']);
    news.next({ data: 'later' });
    await visitor.received('later');
    expect(clients.some((client) => client.text().includes('later'))).toBe(false);
    const everyone = end.toString().includes('everything');
    if (!everyone) await other.received('later');
    onUnsubscribed = () => undefined;
    other.leave();
    visitor.leave();
    await allUnsubscribed();
  });

  it('stay open at a step-up', async () => {
    await start();
    const browser = await loggedIn();
    const client = await open('/events', browser);
    await browser.post('/login', { user: 'anna' });
    await manyTurns();
    news.next({ data: 'still here' });
    await client.received('still here');
    await browser.post('/logout', {});
    expect(await client.closed).toBe('end');
  });

  it('are reopened by an EventSource with its dead cookie, which gets a 401 and stops', async () => {
    await start();
    const browser = await loggedIn();
    const statuses: number[] = [];
    const source = new EventSource(`${running.url}/events`, {
      fetch: async (url, init) => {
        const response = await fetch(url, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), cookie: browser.cookie! },
        });
        statuses.push(response.status);
        return response;
      },
    });
    const failures: (number | undefined)[] = [];
    const stopped = new Promise<void>((resolve) => {
      source.addEventListener('error', ({ code }) => {
        failures.push(code);
        if (source.readyState === EventSource.CLOSED) resolve();
      });
    });
    await new Promise((resolve) => source.addEventListener('message', resolve, { once: true }));
    await browser.clone().post('/logout', {});
    await stopped;
    expect(statuses).toEqual([200, 401]);
    // The first one is the end of the stream: it is no failed response.
    expect(failures).toEqual([undefined, 401]);
  }, 20_000);

  it.each([
    ['/leaving', 'before its stream'],
    ['/leaving-later', 'in its stream'],
  ])('%s: end where their own request ends the session %s', async (path) => {
    await start();
    const client = await openStream(running.url, path, await loggedIn());
    expect(await client.closed).toBe('end');
    await allUnsubscribed();
  });

  it.each(['/renewed', '/first-visit'])(
    '%s: end with the session that the handler has made',
    async (path) => {
      await start();
      const browser = path === '/renewed' ? await loggedIn() : undefined;
      const client = await open(path, browser);
      news.next({ data: 'news' });
      await client.received('news');
      await new Browser(running.url).post('/revoke-everything', {});
      expect(await client.closed).toBe('end');
    },
  );

  it('end by themselves as without a session', async () => {
    await start();
    const client = await openStream(running.url, '/short', await loggedIn());
    expect(await client.closed).toBe('end');
    expect(client.text()).toMatch(/data: one[^]*data: two/);
  });

  it('end at the end of the session that the option load: lazy has not loaded yet', async () => {
    await start({ load: 'lazy' });
    const browser = await loggedIn();
    const client = await open('/plain', browser);
    await browser.post('/logout', {});
    expect(await client.closed).toBe('end');
  });

  it('do not extend the idle timeout: they end at the check after it has passed (S-34)', async () => {
    await start({ checkEvery: 20, timeouts: { idle: minutes(10) } });
    const browser = await loggedIn();
    const [client, quiet] = [await open('/plain', browser), await open('/quiet', browser)];
    now += minutes(10) - 1;
    await manyTurns();
    news.next({ data: 'open still' });
    await client.received('open still');
    now += 1;
    expect(await Promise.all([client.closed, quiet.closed])).toEqual(['end', 'end']);
  });

  it('count as activity when they begin, and not when their client leaves', async () => {
    await start({ checkEvery: minutes(1), timeouts: { idle: minutes(10) } });
    const browser = await loggedIn();
    now += minutes(8);
    const client = await open('/plain', browser);
    const [session] = await running.app.get(SessionRegistry).list('anna');
    expect(session!.lastSeenAt).toBe(now);
    now += minutes(8);
    client.leave();
    await allUnsubscribed();
    await manyTurns();
    now += minutes(2);
    expect((await openStream(running.url, '/events', browser)).status).toBe(401);
  });

  it('keep the session alive with @SessionActivity(true), while the client is connected (S-34)', async () => {
    await start({ checkEvery: 20, timeouts: { idle: minutes(10), absolute: minutes(60) } });
    const browser = await loggedIn();
    const client = await open('/kept', browser);
    const touched = async (at: number): Promise<void> => {
      for (;;) {
        const [session] = await running.app.get(SessionRegistry).list('anna');
        if (session!.lastSeenAt >= at) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    for (let step = 0; step < 6; step++) {
      now += minutes(9);
      await touched(now);
    }
    news.next({ data: 'an hour later' });
    await client.received('an hour later');
    now += minutes(6);
    // The absolute timeout ends it in any case.
    expect(await client.closed).toBe('end');
  });

  it('save what their handler changes while they are open', async () => {
    await start();
    const browser = await loggedIn();
    const client = await open('/writing', browser);
    expect(await browser.get('/note')).toEqual({ note: 'open' });
    news.next({ data: 'news' });
    await client.received('news');
    client.leave();
    await allUnsubscribed();
    await manyTurns();
    expect(await browser.get('/note')).toEqual({ note: 'news' });
  });

  it('leave nothing behind: 100 streams are watched while they are open, and none later', async () => {
    await start();
    const browser = await loggedIn();
    const clients = await Promise.all(Array.from({ length: 100 }, () => open('/plain', browser)));
    const loadsOf = async (): Promise<number> => {
      await manyTurns();
      const before = counter.loads;
      // All watched sessions are checked.
      await running.app.get(SessionRegistry).revokeEverything();
      await manyTurns();
      return counter.loads - before;
    };
    for (const client of clients.slice(0, 50)) client.leave();
    await new Promise<void>((resolve) => {
      onUnsubscribed = () => subscribed === 50 && resolve();
      onUnsubscribed();
    });
    expect(await loadsOf()).toBe(50);
    expect(await Promise.all(clients.slice(50).map((client) => client.closed))).toEqual(
      Array(50).fill('end'),
    );
    await allUnsubscribed();
    expect(await loadsOf()).toBe(0);
  });

  it('end with the first session that ends, where the application has several', async () => {
    await start({}, [SessionModule.forRoot({ secret: SECRET, name: 'admin.sid', sessionName: 'admin' })]);
    for (const end of ['/logout', '/admin/logout']) {
      const browser = await loggedIn();
      await browser.post('/admin/login');
      const client = await open('/events', browser);
      await browser.post(end);
      expect(await client.closed).toBe('end');
    }
  });

  it('cost nothing where the request has no session', async () => {
    await start();
    const client = await open('/plain');
    await manyTurns();
    expect(counter.loads).toBe(0);
    client.leave();
    await allUnsubscribed();
  });
});
