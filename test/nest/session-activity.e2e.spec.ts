import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  Get,
  Injectable,
  Post,
  Sse,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import {
  days,
  minutes,
  RequireLogin,
  Session,
  SessionActivity,
  SessionGuard,
  SessionModule,
  type SessionModuleOptions,
  type UserSession,
} from 'nest-session';
import { of } from 'rxjs';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

@Injectable()
class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class PageController {
  @Post('fill') fill(@Session() session: UserSession) {
    session['n'] = 1;
    return {};
  }
  @Get('page') page() {
    return {};
  }
  @Get('poll') @SessionActivity(false) poll(@Session() session: UserSession) {
    return { n: session['n'] ?? null, left: session.isNew ? null : session.expiresAt };
  }
  @Get('unread') @SessionActivity(false) unread() {
    return {};
  }
  @Post('count') @SessionActivity(false) count(@Session() session: UserSession) {
    session.update<number>('n', (n = 0) => n + 1);
    return {};
  }
  @Post('alive') @SessionActivity(false) alive(@Session() session: UserSession) {
    session.touch();
    return {};
  }
  @Sse('stream') @SessionActivity(false) stream(@Session() session: UserSession) {
    return of({ data: String(session['n']) });
  }
  @Get('guard-first') @UseGuards(SessionGuard) @RequireLogin() @SessionActivity(false) guardFirst() {
    return {};
  }
  @Get('guard-last') @SessionActivity(false) @RequireLogin() @UseGuards(SessionGuard) guardLast() {
    return {};
  }
  @Get('refused') @SessionActivity(false) @UseGuards(RefusingGuard) refused() {
    return {};
  }
}

@Controller('quiet')
@SessionActivity(false)
class QuietController {
  @Get('poll') poll() {
    return {};
  }
  @Get('page') @SessionActivity(true) page() {
    return {};
  }
}

@Resolver()
class StatusResolver {
  @Query(() => String) @SessionActivity(false) status(@Session() session: UserSession): string {
    return String(session['n']);
  }
  @Query(() => String) page(@Session() session: UserSession): string {
    return String(session['n']);
  }
}

const contextOf = (first: { req?: unknown }): { req: unknown } => ({ req: first.req ?? first });

describe.each(ADAPTERS)('@SessionActivity on %s', (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  let clock: FakeClock;
  let browser: Browser;
  afterEach(() => running.app.close());

  async function start(options: Partial<SessionModuleOptions> = {}, providers: unknown[] = []) {
    store = new CountingStore();
    clock = new FakeClock();
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({ secret: SECRET, store, clock, timeouts: { idle: minutes(10) }, ...options }),
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          context: contextOf,
        }),
      ],
      controllers: [PageController, QuietController] as Type[],
      providers: [StatusResolver, ...providers],
    });
    browser = new Browser(running.url);
    await browser.post('/fill');
    clock.advance(minutes(5));
    store.calls = [];
  }

  it.each<[string, Partial<SessionModuleOptions>]>([
    ['eager', {}],
    ['lazy', { load: 'lazy' }],
    ['rolling', { rolling: true, cookie: { maxAge: days(1) } }],
    ['resave', { resave: true }],
  ])('does not extend the session for polling: %s (S-34, S-39)', async (_, options) => {
    await start(options);
    for (const path of ['/poll', '/unread', '/stream', '/quiet/poll']) {
      const response = await browser.fetch(path);
      await response.text();
      expect([path, response.status, response.headers.getSetCookie()]).toEqual([path, 200, []]);
    }
    expect(new Set(store.calls)).toEqual(new Set(['load']));
    const { n, left } = await browser.get<{ n: number; left: number }>('/poll');
    expect([n, left - clock.now()]).toEqual([1, minutes(5)]);
    clock.advance(minutes(5));
    expect(await browser.get('/poll')).toEqual({ n: null, left: null });
  });

  it.each(['/page', '/quiet/page'])(
    'extends it for other routes of the same application: %s',
    async (path) => {
      await start();
      await browser.get(path);
      expect(store.calls).toEqual(['load', 'patch']);
      clock.advance(minutes(9));
      expect(await browser.get('/poll')).toMatchObject({ n: 1 });
    },
  );

  it.each([
    ['/guard-first', 401],
    ['/guard-last', 401],
    ['/refused', 403],
  ])('does not extend it for a request that a guard refuses: %s', async (path, status) => {
    await start({ rolling: true });
    const response = await browser.fetch(path);
    expect([response.status, response.headers.getSetCookie()]).toEqual([status, []]);
    expect(store.calls).toEqual(['load']);
  });

  it('does not extend it where a global guard refuses the request', async () => {
    let isOpen = true;
    await start({}, [{ provide: APP_GUARD, useValue: { canActivate: () => isOpen } }]);
    isOpen = false;
    expect((await browser.fetch('/poll')).status).toBe(403);
    expect(store.calls).toEqual(['load']);
    expect((await browser.fetch('/page')).status).toBe(403);
    expect(store.calls).toEqual(['load', 'load', 'patch']);
  });

  it('saves changed attributes, and leaves the expiry', async () => {
    await start();
    expect((await browser.post('/count')).status).toBe(201);
    const { n, left } = await browser.get<{ n: number; left: number }>('/poll');
    expect([n, left - clock.now()]).toEqual([2, minutes(5)]);
  });

  it('extends it where the handler calls touch()', async () => {
    await start();
    await browser.post('/alive');
    expect((await browser.get<{ left: number }>('/poll')).left - clock.now()).toBe(minutes(10));
  });

  it.each([
    ['{ status }', ['load']],
    ['{ page }', ['load', 'patch']],
    ['{ status page }', ['load', 'patch']],
    ['{ page status }', ['load', 'patch']],
  ])('is known in GraphQL: %s', async (query, calls) => {
    await start();
    const response = await browser.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toEqual({
      data: Object.fromEntries(query.match(/\w+/g)!.map((name) => [name, '1'])),
    });
    expect(store.calls).toEqual(calls);
  });
});
