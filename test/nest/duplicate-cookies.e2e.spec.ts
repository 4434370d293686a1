import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import expressSession from 'express-session';
import {
  MemorySessionStore,
  RequireSession,
  Session,
  SessionGuard,
  SessionModule,
  type AnyStore,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import type { SessionEvent } from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { SECRET } from '../support/secret.js';
import { isLogged } from '../../lib/http/describe-event.js';

@Controller()
class AccountController {
  @Post('login') @RequireSession(false) async login(@Session() session: UserSession) {
    await session.regenerate();
    session['userId'] = 'victim';
    return {};
  }
  @Get('who') who(@Session() session: UserSession) {
    return { userId: session['userId'] ?? null, isNew: session.isNew };
  }
  @Get('page') page() {
    return {};
  }
  @Get('account') @UseGuards(SessionGuard) @RequireSession('userId') account() {
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
}

/** The cookies of one name in a browser by domain, in the order in which they are sent. `''` is host-only. */
class Jar {
  constructor(
    readonly url: string,
    readonly values = new Map<string, string>(),
  ) {}

  async fetch(path: string, method = 'GET'): Promise<Response> {
    const cookie = [...this.values.values()].map((value) => `connect.sid=${value}`).join('; ');
    const response = await fetch(this.url + path, { method, headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const domain = /; Domain=([^;]+)/.exec(line)?.[1] ?? '';
      if (line.includes('; Max-Age=0;')) this.values.delete(domain);
      else this.values.set(domain, /^connect\.sid=([^;]*)/.exec(line)![1]!);
    }
    return response;
  }
  async who(): Promise<unknown> {
    return (await this.fetch('/who')).json();
  }
}

const cleared = (response: Response): string[] =>
  response.headers.getSetCookie().map((line) => {
    expect(line).toMatch(/^connect\.sid=; Max-Age=0; .*Path=\/;/);
    return /Domain=([^;]+)/.exec(line)?.[1] ?? 'host-only';
  });

const ANONYMOUS = { userId: null, isNew: true };
const VICTIM = { userId: 'victim', isNew: false };
const SHARED = { cookie: { domain: 'example.com' } };
const STORES: [string, () => AnyStore][] = [
  ['a store of this package', () => new MemorySessionStore()],
  ['a store of express-session', () => new expressSession.MemoryStore()],
];

describe.each(ADAPTERS)('several cookies of one session name on %s', (_, adapter) => {
  let running: RunningApp;
  let events: SessionEvent[];
  let warnings: string[];
  afterEach(() => running.app.close());

  async function start(options: Partial<SessionModuleOptions> = {}): Promise<void> {
    events = [];
    warnings = [];
    const logger = { log() {}, error() {}, warn: (line: unknown) => warnings.push(String(line)) };
    const onEvent = (event: SessionEvent): void => void (isLogged(event) && events.push(event));
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, onEvent, ...options })],
      controllers: [AccountController],
      prepare: (app) => app.useLogger(logger),
    });
  }
  /** The cookie value of a new session with a user. */
  async function loggedIn(): Promise<string> {
    const jar = new Jar(running.url);
    await jar.fetch('/login', 'POST');
    return [...jar.values.values()][0]!;
  }
  const jarOf = (...values: string[]): Jar =>
    new Jar(running.url, new Map(values.map((value, index) => [`${index}.example.com`, value])));

  describe.each(STORES)('with %s', (_name, makeStore) => {
    it.each([
      ['first', (mine: string, tossed: string) => [mine, tossed]],
      ['last', (mine: string, tossed: string) => [tossed, mine]],
    ])(
      'of two live sessions give no session and end neither, with the own cookie %s',
      async (_order, order) => {
        await start({ store: makeStore() });
        const [mine, tossed] = [await loggedIn(), await loggedIn()];
        expect(await jarOf(...order(mine, tossed)).who()).toEqual(ANONYMOUS);
        expect((await jarOf(...order(mine, tossed)).fetch('/account')).status).toBe(401);
        expect((await jarOf(...order(mine, tossed)).fetch('/logout', 'POST')).status).toBe(201);
        for (const value of [mine, tossed]) expect(await jarOf(value).who()).toEqual(VICTIM);
      },
    );
  });

  it.each<[string, Partial<SessionModuleOptions>, string[]]>([
    ['host-only', {}, ['host-only']],
    ['of a domain', SHARED, ['host-only', 'example.com']],
  ])(
    'of two live sessions are cleared by the response, with a cookie that is %s',
    async (_name, options, places) => {
      await start(options);
      const values = [await loggedIn(), await loggedIn()];
      for (const path of ['/page', '/who', '/account']) {
        const response = await jarOf(...values).fetch(path);
        expect([path, cleared(response)]).toEqual([path, places]);
        expect(response.headers.get('cache-control')).toContain('no-store');
      }
    },
  );

  it.each<[string, Partial<SessionModuleOptions>]>([
    ['host-only', {}],
    ['of a domain', SHARED],
    ['of a domain and loaded lazily', { ...SHARED, load: 'lazy' }],
  ])('do not prevent the next login, with a cookie that is %s', async (_name, options) => {
    await start(options);
    const [mine, tossed] = [await loggedIn(), await loggedIn()];
    const jar = new Jar(
      running.url,
      new Map([
        ['', tossed],
        ['example.com', mine],
      ]),
    );
    expect(await jar.who()).toEqual(ANONYMOUS);
    expect((await jar.fetch('/login', 'POST')).status).toBe(201);
    expect(await jar.who()).toEqual(VICTIM);
  });

  it.each<[string, Partial<SessionModuleOptions>, number]>([
    ['host-only', {}, 1],
    ['of a domain', SHARED, 2],
  ])(
    'of two live sessions do not prevent a login in the same request, with a cookie that is %s',
    async (_name, options, lines) => {
      await start(options);
      const jar = new Jar(
        running.url,
        new Map([
          ['', await loggedIn()],
          ['example.com', await loggedIn()],
        ]),
      );
      const response = await jar.fetch('/login', 'POST');
      // The new cookie comes last, and replaces the one with the same domain and path.
      expect(response.headers.getSetCookie()).toHaveLength(lines);
      expect(response.headers.getSetCookie().at(-1)).toMatch(/^connect\.sid=s%3A/);
      if (options === SHARED) expect(await jar.who()).toEqual(VICTIM);
    },
  );

  it('of two live sessions emit an event for each request, and log once a minute', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const values = [await loggedIn(), await loggedIn()];
    for (let count = 0; count < 3; count++) await jarOf(...values).fetch('/page');
    clock.advance(60_000);
    await jarOf(...values).fetch('/page');
    const event = {
      type: 'rejected',
      reason: 'duplicate-cookie',
      handles: expect.any(Array) as unknown,
      sessionName: 'default',
      at: clock.now() - 60_000,
    };
    expect(events).toEqual([event, event, event, { ...event, at: clock.now() }]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('cookies of several live sessions');
    for (const value of values) {
      const id = decodeURIComponent(value).slice(2).split('.')[0]!;
      expect(JSON.stringify([events, warnings])).not.toContain(id);
    }
  });

  it.each([4, 31])('do not hide a valid cookie behind %d forged ones (S-28)', async (count) => {
    await start();
    const good = await loggedIn();
    const forged = Array.from(
      { length: count },
      (_one, index) => `${good.slice(0, 5)}${String(index).padStart(2, '0')}${good.slice(7)}`,
    );
    const jar = jarOf(...forged, good);
    expect(await jar.who()).toEqual(VICTIM);
    expect([jar.values.size, events]).toEqual([count + 1, []]);
  });

  it('are not cleared when one is stale, or when both are equal (ADR 002)', async () => {
    await start();
    const [good, dead] = [await loggedIn(), await loggedIn()];
    await jarOf(dead).fetch('/logout', 'POST');
    for (const values of [
      [good, dead],
      [dead, good],
      [good, good],
      [good, decodeURIComponent(good)],
    ]) {
      const response = await jarOf(...values).fetch('/who');
      expect(await response.json()).toEqual(VICTIM);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    expect((await jarOf(dead, dead).fetch('/who')).headers.getSetCookie()).toEqual([]);
    expect(events).toEqual([]);
  });
});
