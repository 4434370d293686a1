import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { jest } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  Sse,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { CurrentSession, InjectCurrentSession, SessionModule } from 'nest-session';
import { from, map, type Observable } from 'rxjs';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let made = 0;

/** A singleton that knows nothing of requests. */
@Injectable()
class Accounts {
  constructor(readonly current: CurrentSession) {
    made++;
  }

  async name(): Promise<string> {
    await turn();
    return (this.current.session!['name'] as string | undefined) ?? 'nobody';
  }
}

const seen: string[] = [];

@Injectable()
class NotingGuard implements CanActivate {
  constructor(private readonly accounts: Accounts) {}
  async canActivate(): Promise<boolean> {
    seen.push(`guard ${await this.accounts.name()}`);
    return true;
  }
}

@Injectable()
class NotingInterceptor implements NestInterceptor {
  constructor(private readonly current: CurrentSession) {}
  intercept(_: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
    return next.handle().pipe(map((body) => ({ body, interceptor: this.current.session!['name'] })));
  }
}

@Injectable()
class NamePipe implements PipeTransform {
  constructor(private readonly accounts: Accounts) {}
  async transform(value: string): Promise<string> {
    return `${value} of ${await this.accounts.name()}`;
  }
}

@Controller()
class AccountController {
  constructor(
    private readonly accounts: Accounts,
    private readonly current: CurrentSession,
  ) {}

  @Post('name') async rename(@Body() body: { name?: string } | undefined) {
    await turn();
    this.current.session!['name'] = body?.name ?? 'no body';
    return { name: await this.accounts.name() };
  }
  @Get('name') async name() {
    return { name: await this.accounts.name() };
  }
  @Post('login/:name') async login(@Param('name') name: string) {
    await this.current.session!.login(name);
    return { principal: this.current.principal };
  }
  @Get('all/:id') @UseGuards(NotingGuard) @UseInterceptors(NotingInterceptor) all(
    @Param('id', NamePipe) id: string,
  ) {
    return id;
  }
  @Post('end') async end() {
    await this.current.session!.destroy();
    const { session, principal, isAvailable } = this.current;
    return { session: session ?? null, principal, isAvailable };
  }
  @Sse('names') names(): Observable<{ data: string }> {
    const later = async function* (accounts: Accounts) {
      for (let count = 0; count < 3; count++) yield { data: await accounts.name() };
    };
    return from(later(this.accounts));
  }
}

@Resolver()
class NameResolver {
  constructor(private readonly accounts: Accounts) {}
  @Query(() => String) name(): Promise<string> {
    return this.accounts.name();
  }
}

@Controller()
class PlainController {
  @Get('plain') plain() {
    return {};
  }
}

@Injectable()
class AdminAccounts {
  constructor(@InjectCurrentSession('admin') readonly current: CurrentSession) {}
}

@Controller('admin')
class AdminController {
  constructor(
    private readonly admin: AdminAccounts,
    private readonly accounts: Accounts,
  ) {}
  @Post('name') rename() {
    this.admin.current.session!['name'] = 'root';
    return {};
  }
  @Get('name') async name() {
    return { admin: this.admin.current.session!['name'], name: await this.accounts.name() };
  }
}

describe.each(ADAPTERS)('CurrentSession on %s', (adapterName, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  const start = async (...imports: Parameters<typeof startApp>[1]['imports']): Promise<Browser> => {
    store = new CountingStore();
    const session = SessionModule.forRoot({ secret: SECRET, store });
    running = await startApp(adapter, {
      imports: [session, ...imports],
      controllers: [AccountController],
      providers: [Accounts],
    });
    return new Browser(running.url);
  };
  const rename = async (browser: Browser, name: string, type = 'application/json') => {
    const body = type === 'application/json' ? JSON.stringify({ name }) : new URLSearchParams({ name });
    return (await browser.fetch('/name', { method: 'POST', body, headers: { 'content-type': type } })).json();
  };
  afterEach(() => running.app.close());

  it('is the session of the request in a singleton, also after the body was read', async () => {
    const browser = await start();
    made = 0;
    expect(await rename(browser, 'ada')).toEqual({ name: 'ada' });
    expect(await browser.get('/name')).toEqual({ name: 'ada' });
    const large = 'x'.repeat(90_000);
    expect(await rename(browser, large)).toEqual({ name: large });
    expect(await (await browser.post('/name')).json()).toEqual({ name: 'no body' });
    expect(made).toBe(0);
    expect(running.app.get(Accounts)).toBe(running.app.get(Accounts));
  });

  it('is the session of a request whose body arrives after the session was loaded', async () => {
    const browser = await start();
    await rename(browser, 'ada');
    store.calls = [];
    const headers = {
      'content-type': 'application/json',
      cookie: `connect.sid=${browser.jar.get('connect.sid')}`,
    };
    const sent = request(`${running.url}/name`, { method: 'POST', headers });
    const responded = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.write('{ "name": ');
    while (!store.calls.includes('load')) await turn();
    // The request waits for its body: its session is mounted.
    for (let count = 0; count < 20; count++) await turn();
    sent.end('"grace" }');
    const [response] = await responded;
    expect(await text(response)).toBe('{"name":"grace"}');
  });

  it('is the own one of each of 50 concurrent requests', async () => {
    const first = await start();
    const browsers = Array.from({ length: 50 }, () => first.clone());
    await Promise.all(browsers.map((browser, n) => rename(browser, `user ${n}`)));
    const names = await Promise.all(browsers.map((browser) => browser.get('/name')));
    expect(names).toEqual(browsers.map((_, n) => ({ name: `user ${n}` })));
  });

  it('works in guards, interceptors and pipes', async () => {
    const browser = await start();
    await rename(browser, 'ada');
    seen.length = 0;
    expect(await browser.get('/all/7')).toEqual({ body: '7 of ada', interceptor: 'ada' });
    expect(seen).toEqual(['guard ada']);
  });

  it('has the principal, also in the request of the login', async () => {
    const browser = await start();
    expect(await (await browser.post('/login/ada')).json()).toEqual({ principal: 'ada' });
  });

  it('is undefined once the request has destroyed its session', async () => {
    const browser = await start();
    await rename(browser, 'ada');
    const ended = { session: null, principal: null, isAvailable: true };
    expect(await (await browser.post('/end')).json()).toEqual(ended);
  });

  it('works in streams of server-sent events', async () => {
    const browser = await start();
    await rename(browser, 'ada');
    const events = await (await browser.fetch('/names')).text();
    expect(events.match(/data: ada/g)).toHaveLength(3);
  });

  it('works in resolvers of GraphQL', async () => {
    @Module({ providers: [NameResolver, Accounts] })
    class NamesModule {}
    const options: ApolloDriverConfig = { driver: ApolloDriver, autoSchemaFile: true };
    const browser = await start(NamesModule, GraphQLModule.forRoot<ApolloDriverConfig>(options));
    await rename(browser, 'ada');
    const body = JSON.stringify({ query: '{ name }' });
    const headers = { 'content-type': 'application/json' };
    const response = await browser.fetch('/graphql', { method: 'POST', body, headers });
    expect(await response.json()).toEqual({ data: { name: 'ada' } });
  });

  it('reads a session of another name', async () => {
    const admin = SessionModule.forRoot({ secret: SECRET, sessionName: 'admin', name: 'admin.sid' });
    @Module({ controllers: [AdminController], providers: [AdminAccounts, Accounts] })
    class AdminModule {}
    const browser = await start(admin, AdminModule);
    await rename(browser, 'ada');
    await browser.post('/admin/name');
    expect(await browser.get('/admin/name')).toEqual({ admin: 'root', name: 'ada' });
  });

  it('works beside nestjs-cls', async () => {
    const program = fileURLToPath(new URL('../fixtures/cls-application.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, adapterName]);
    expect(JSON.parse(stdout)).toEqual({ name: 'ada', id: 'string' });
  });

  it('throws a clear error outside of a request, and says whether it is available', async () => {
    await start();
    const { current } = running.app.get(Accounts);
    expect(current.isAvailable).toBe(false);
    expect(() => current.session).toThrow(/no current session: this code runs outside of a request/);
    expect(() => current.principal).toThrow(/no current session/);
  });

  it('costs nothing where no provider injects it', async () => {
    const run = jest.spyOn(AsyncLocalStorage.prototype, 'run');
    try {
      const session = SessionModule.forRoot({ secret: SECRET });
      running = await startApp(adapter, { imports: [session], controllers: [PlainController] });
      run.mockClear();
      await new Browser(running.url).get('/plain');
      expect(run).not.toHaveBeenCalled();
      await running.app.close();
      const browser = await start();
      await browser.get('/name');
      expect(run).toHaveBeenCalled();
    } finally {
      run.mockRestore();
    }
  });
});
