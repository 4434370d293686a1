import { randomBytes } from 'node:crypto';
import { ApolloDriver } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import { Redis } from 'ioredis';
import { SessionModule, SessionRegistry } from 'nest-session';
import { RedisSessionStore } from 'nest-session/redis';
import { ADAPTERS, startApp, type RunningApp } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';
import { describeWithServer } from '../../support/servers.js';
import { connectGraphql } from '../../support/subscription-clients.js';
import { LoginController, NewsResolver, topic } from './news.resolver.js';

const graphql = { driver: ApolloDriver, autoSchemaFile: true, subscriptions: { 'graphql-ws': true } };

describeWithServer('redis', 'subscriptions of processes that share Redis', (url) => {
  it.each(ADAPTERS)(
    'are complete at the check after another process has ended the session, on %s (S-42)',
    async (_, adapter) => {
      const prefix = `subscriptions_${randomBytes(6).toString('hex')}:`;
      const redis = [new Redis(url), new Redis(url)];
      const start = (client: Redis): Promise<RunningApp> =>
        startApp(adapter, {
          imports: [
            GraphQLModule.forRoot(graphql),
            SessionModule.forRoot({
              secret: SECRET,
              store: new RedisSessionStore({ client, prefix }),
              checkEvery: 50,
            }),
          ],
          controllers: [LoginController],
          providers: [NewsResolver],
        });
      const [here, there] = await Promise.all([start(redis[0]!), start(redis[1]!)]);
      try {
        const subscribed = async (user: string) => {
          const browser = new Browser(here.url);
          await browser.post('/login', { user });
          const client = await connectGraphql(here.url, { cookie: browser.cookie });
          return { browser, client, news: client.start('subscription { news }') };
        };
        const [anna, ben] = [await subscribed('anna'), await subscribed('ben')];
        await topic.hasReaders(2);
        await new Browser(there.url, anna.browser.jar).post('/logout', {});
        expect(await anna.news.ended).toBe('complete');
        await there.app.get(SessionRegistry).revokeAll('ben');
        expect(await ben.news.ended).toBe('complete');
        await topic.hasReaders(0);
        await Promise.all([anna.client.close(), ben.client.close()]);
      } finally {
        await Promise.all([here.app.close(), there.app.close()]);
        await Promise.all(redis.map((client) => client.quit()));
      }
    },
  );
});
