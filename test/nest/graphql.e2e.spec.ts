import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { UseGuards } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import {
  CurrentPrincipal,
  RequireLogin,
  RequireSession,
  Session,
  SessionGuard,
  SessionModule,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

@Resolver()
class AccountResolver {
  @Mutation(() => Boolean) async login(@Session() session: UserSession): Promise<boolean> {
    await session.regenerate();
    session['userId'] = 'u1';
    return true;
  }
  @Query(() => String, { nullable: true }) me(
    @Session('userId') userId: string | undefined,
  ): string | undefined {
    return userId;
  }
  @Query(() => String) @UseGuards(SessionGuard) @RequireSession('userId') guarded(): string {
    return 'inside';
  }
  @Query(() => String) @UseGuards(SessionGuard) @RequireLogin({ method: 'otp' }) secret(
    @CurrentPrincipal() principal: string,
  ): string {
    return principal;
  }
  @Mutation(() => Boolean) async signIn(
    @Session() session: UserSession,
    @Args('method') method: string,
  ): Promise<boolean> {
    await session.login('u1', { method });
    return true;
  }
}

describe.each(ADAPTERS)('GraphQL on %s', (_, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  afterEach(() => running.app.close());

  const ask = async (browser: Browser, query: string): Promise<{ status: number; body: unknown }> => {
    const response = await browser.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, body: await response.json() };
  };

  const start = async (store: CountingStore): Promise<Browser> => {
    running = await startApp(adapter, {
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          context: contextOf,
        }),
        SessionModule.forRoot({ secret: SECRET, store }),
      ],
      providers: [AccountResolver],
      prepare: (app) => app.setGlobalPrefix('api'),
    });
    return new Browser(running.url);
  };

  it('has the session in resolvers and guards, outside the global prefix, and commits before the response', async () => {
    store = new CountingStore();
    const browser = await start(store);
    expect(await ask(browser, '{ me }')).toEqual({ status: 200, body: { data: { me: null } } });
    expect((await ask(browser, '{ guarded }')).body).toMatchObject({ data: null });
    expect(browser.jar.size).toBe(0);
    expect(await ask(browser, 'mutation { login }')).toEqual({
      status: 200,
      body: { data: { login: true } },
    });
    expect(browser.jar.size).toBe(1);
    expect(await ask(browser, '{ me }')).toEqual({ status: 200, body: { data: { me: 'u1' } } });
    expect(await ask(browser, '{ guarded }')).toEqual({ status: 200, body: { data: { guarded: 'inside' } } });
    store.failing = { rekey: new Error('down') };
    expect((await ask(browser, 'mutation { login }')).status).toBe(503);
  });

  it('gets the exception of a guard with its reason, without a challenge', async () => {
    const browser = await start(new CountingStore());
    const reasonOf = async (): Promise<unknown> => {
      const response = await browser.fetch(`/graphql?query=${encodeURIComponent('{ secret }')}`, {
        headers: { 'apollo-require-preflight': '1' },
      });
      expect(response.headers.get('www-authenticate')).toBeNull();
      const { errors } = (await response.json()) as { errors?: { extensions: { originalError: unknown } }[] };
      return errors?.[0]!.extensions.originalError;
    };
    const opaque = { statusCode: 401, message: 'Unauthorized' };
    expect(await reasonOf()).toEqual({ ...opaque, reason: 'no-session' });
    await ask(browser, 'mutation { signIn(method: "pwd") }');
    expect(await reasonOf()).toEqual({ ...opaque, reason: 'method-missing', method: 'otp' });
    await ask(browser, 'mutation { signIn(method: "otp") }');
    expect(await ask(browser, '{ secret }')).toEqual({ status: 200, body: { data: { secret: 'u1' } } });
  });
});

/** Express passes one object, Fastify the request itself. */
const contextOf = (first: { req?: unknown }): { req: unknown } => ({ req: first.req ?? first });
