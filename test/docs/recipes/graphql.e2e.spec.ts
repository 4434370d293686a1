import { ADAPTERS, startApp } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';
import { connectGraphql } from '../../support/subscription-clients.js';

beforeAll(() => {
  process.env['SESSION_SECRET'] = SECRET;
});

describe.each(ADAPTERS)('the recipe for GraphQL on %s', (_, makeAdapter) => {
  it('has the session in queries, mutations and subscriptions, which end with it (S-42)', async () => {
    const { AppModule } = await import('./graphql/app.module.js');
    const { app, url } = await startApp(makeAdapter, { imports: [AppModule] });
    const browser = new Browser(url);
    const post = async (query: string): Promise<unknown> =>
      await (await browser.post('/graphql', { query })).json();
    try {
      expect(await post('{ me }')).toEqual({ data: { me: null } });
      await post('mutation { login(user: "ada") }');
      const client = await connectGraphql(url, { cookie: browser.cookie });
      expect(await client.ask('{ me }')).toEqual({ data: { me: 'ada' } });
      const news = client.start('subscription { news }');
      // A server handles the messages of a socket in order, but not their operations.
      let isSent = false;
      while (!isSent)
        isSent = ((await post('mutation { send(text: "hello") }')) as { data: { send: boolean } }).data.send;
      expect(await news.next()).toEqual({ data: { news: 'hello' } });
      await post('mutation { logout }');
      expect(await news.ended).toBe('complete');
      const visitor = await connectGraphql(url);
      expect((await visitor.ask('subscription { news }')).errors?.[0]).toMatchObject({
        message: 'Unauthorized',
      });
      await Promise.all([client.close(), visitor.close()]);
    } finally {
      await app.close();
    }
  });
});
