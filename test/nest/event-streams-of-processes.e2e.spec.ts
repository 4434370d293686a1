import { randomBytes } from 'node:crypto';
import { Body, Controller, Post, Sse } from '@nestjs/common';
import { Redis } from 'ioredis';
import { SessionModule, Session, SessionRegistry, type SessionStore, type UserSession } from 'nest-session';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import pg from 'pg';
import { concat, NEVER, of } from 'rxjs';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { openStream } from '../support/event-streams.js';
import { SECRET } from '../support/secret.js';
import { describeWithServer } from '../support/servers.js';

@Controller()
class StreamController {
  @Post('login') async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user);
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Sse('events') events() {
    return concat(of({ data: 'open' }), NEVER);
  }
}

/** A store with a client of its own, as in another process. */
interface OwnStore {
  readonly store: SessionStore;
  readonly close: () => Promise<unknown>;
}

const name = `streams_${randomBytes(6).toString('hex')}`;

const onRedis = (url: string) => async (): Promise<OwnStore> => {
  const client = new Redis(url);
  return { store: new RedisSessionStore({ client, prefix: `${name}:` }), close: () => client.quit() };
};
const onPostgres = (url: string) => async (): Promise<OwnStore> => {
  const pool = new pg.Pool({ connectionString: url });
  const store = new PostgresSessionStore({ client: pool, table: name });
  return { store, close: () => pool.end() };
};

function ends(makeStore: (url: string) => () => Promise<OwnStore>, url: string): void {
  it.each(ADAPTERS)(
    'end at the check after another process has ended the session, on %s (S-42)',
    async (_, adapter) => {
      const stores = await Promise.all([makeStore(url)(), makeStore(url)()]);
      const start = ({ store }: OwnStore): Promise<RunningApp> =>
        startApp(adapter, {
          imports: [SessionModule.forRoot({ secret: SECRET, store, checkEvery: 50 })],
          controllers: [StreamController],
        });
      const [here, there] = await Promise.all([start(stores[0]), start(stores[1])]);
      try {
        const [anna, ben, carl] = [new Browser(here.url), new Browser(here.url), new Browser(here.url)];
        await Promise.all([anna.post('/login', { user: 'anna' }), ben.post('/login', { user: 'ben' })]);
        await carl.post('/login', { user: 'carl' });
        const open = async (browser: Browser) => {
          const client = await openStream(here.url, '/events', browser);
          await client.received('open');
          return client;
        };
        const streams = await Promise.all([anna, ben, carl].map(open));
        await new Browser(there.url, anna.jar).post('/logout', {});
        expect(await streams[0]!.closed).toBe('end');
        await there.app.get(SessionRegistry).revokeAll('ben');
        expect(await streams[1]!.closed).toBe('end');
        await there.app.get(SessionRegistry).revokeEverything();
        expect(await streams[2]!.closed).toBe('end');
      } finally {
        await Promise.all([here.app.close(), there.app.close()]);
        await Promise.all(stores.map(({ close }) => close()));
      }
    },
  );
}

describeWithServer('redis', 'event streams of processes that share Redis', (url) => ends(onRedis, url));
describeWithServer('postgres', 'event streams of processes that share PostgreSQL', (url) =>
  ends(onPostgres, url),
);
