import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ApolloDriver } from '@nestjs/apollo';
import { minutes } from 'nest-session';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import {
  connectGraphql,
  type ConnectOptions,
  type SubscriptionClient,
} from '../../support/subscription-clients.js';
import { startNews } from './application.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const APOLLO = { driver: ApolloDriver, autoSchemaFile: true, subscriptions: { 'graphql-ws': true } };

interface Running {
  readonly url: string;
  close(): Promise<unknown>;
}

/** Starts Mercurius in a process of its own. */
async function startMercurius(checkEvery: number): Promise<Running> {
  const hooks = ['--import', './test/fixtures/typescript.mjs'];
  const program = 'test/nest/subscriptions/mercurius-application.ts';
  const child = spawn(process.execPath, [...hooks, program, String(checkEvery)], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const url of createInterface(child.stdout))
    return {
      url,
      close: () => {
        const exited = once(child, 'exit');
        child.stdin.end();
        return exited;
      },
    };
  throw new Error('The process of Mercurius has ended before it listened.');
}

const COMBINATIONS = [
  ...ADAPTERS.map(([adapter, makeAdapter]) => ({
    name: `Apollo on ${adapter}`,
    start: async (checkEvery: number): Promise<Running> => {
      const { app, url } = await startNews(APOLLO, makeAdapter, checkEvery);
      return { url, close: () => app.close() };
    },
  })),
  { name: 'Mercurius on fastify', start: startMercurius },
];

describe.each(COMBINATIONS)('GraphQL over WebSockets, $name', ({ start }) => {
  let running: Running;
  let clients: SubscriptionClient[] = [];
  beforeAll(async () => {
    running = await start(minutes(1));
  });
  afterAll(() => running.close());
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    clients = [];
    await publish('the end'); // A generator that awaits ends at its next message.
    await readers(0);
  });

  const control = (): Browser => new Browser(running.url);
  const publish = (text: string) => control().post('/test/publish', { text });
  const readers = (count: number) => control().post('/test/readers', { count });
  const facts = () => control().get<{ loads: number; readers: number }>('/test/facts');
  const loggedIn = async (user = 'anna'): Promise<Browser> => {
    const browser = control();
    await browser.post('/login', { user });
    return browser;
  };
  const connect = async (browser?: Browser, options: ConnectOptions = {}): Promise<SubscriptionClient> => {
    const client = await connectGraphql(running.url, { cookie: browser?.cookie, ...options });
    clients.push(client);
    return client;
  };

  it('have the session of the handshake in queries, mutations and subscriptions', async () => {
    const browser = await loggedIn();
    const client = await connect(browser);
    expect(await client.ask('{ me secret current_ }')).toEqual({
      data: { me: 'anna', secret: 'anna', current_: 'anna' },
    });
    const news = client.start('subscription { news }');
    await readers(1);
    await publish('hello');
    expect(await news.next()).toEqual({ data: { news: 'anna: hello' } });
    news.stop();
    await readers(0);
  });

  it('save changes by save(), and read at each operation what other requests have saved', async () => {
    const browser = await loggedIn();
    const client = await connect(browser);
    expect(await client.ask('mutation { write(note: "by the socket") }')).toEqual({
      data: { write: 'saved' },
    });
    await browser.post('/note', { note: 'by HTTP' });
    expect(await client.ask('{ note }')).toEqual({ data: { note: 'by HTTP' } });
  });

  it('read the session once for an operation with several fields', async () => {
    const client = await connect(await loggedIn());
    await client.ask('{ me }');
    const before = (await facts()).loads;
    await client.ask('{ me id note secret current_ }');
    expect((await facts()).loads).toBe(before + 1);
  });

  it('have a new session without a cookie, which cannot be saved, and guards refuse it', async () => {
    const client = await connect();
    expect(await client.ask('{ me }')).toEqual({ data: { me: null } });
    expect(await client.ask('mutation { write(note: "x") }')).toEqual({
      data: { write: 'ERR_SESSION_SENT' },
    });
    expect((await client.ask('{ secret }')).errors?.[0]).toMatchObject({ message: 'Unauthorized' });
    const news = client.start('subscription { news }');
    const refused = await news.next().then(
      ({ errors }) => JSON.stringify(errors),
      () => news.ended,
    );
    expect(refused).toContain('Unauthorized');
    expect((await facts()).readers).toBe(0);
  });

  it('have the session of their own socket in CurrentSession, also in generators', async () => {
    const [anna, ben] = [await connect(await loggedIn('anna')), await connect(await loggedIn('ben'))];
    const streams = [anna, ben].map((client) => client.start('subscription { generated }'));
    await readers(2);
    for (const text of ['one', 'two']) {
      await publish(text);
      expect(await Promise.all(streams.map((stream) => stream.next()))).toEqual([
        { data: { generated: `anna: ${text}` } },
        { data: { generated: `ben: ${text}` } },
      ]);
    }
  });

  it.each([
    ['logout in another tab', (browser: Browser) => browser.post('/logout', {})],
    ['revokeAll()', (browser: Browser) => browser.post('/revoke-all', { user: 'anna' })],
    ['a login of another user', (browser: Browser) => browser.post('/login', { user: 'dora' })],
    ['a mutation', (_: Browser, client: SubscriptionClient) => client.ask('mutation { signOut }')],
  ])('are complete when %s ends the session, and those of others are not (S-42)', async (_, end) => {
    const browser = await loggedIn();
    const client = await connect(browser);
    const other = await connect(await loggedIn('ben'));
    const fields = ['news', 'open', 'generated', 'filtered'];
    const streams = fields.map((field) => client.start(`subscription { ${field} }`));
    const others = other.start('subscription { news }');
    await readers(5);
    await end(browser, client);
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(fields.map(() => 'complete'));
    await publish('later');
    expect(await others.next()).toEqual({ data: { news: 'ben: later' } });
    // The socket is open, without a session.
    expect(client.isOpen).toBe(true);
    expect(await client.ask('{ me current_ }')).toEqual({ data: { me: null, current_: null } });
    expect((await client.ask('{ secret }')).errors?.[0]).toMatchObject({ message: 'Unauthorized' });
    expect(await other.ask('{ secret }')).toEqual({ data: { secret: 'ben' } });
  });

  it('stay open at a step-up, and follow the session to its new id', async () => {
    const browser = await loggedIn();
    const client = await connect(browser);
    const news = client.start('subscription { news }');
    await readers(1);
    await browser.post('/login', { user: 'anna' });
    expect(await client.ask('mutation { write(note: "after") }')).toEqual({ data: { write: 'saved' } });
    await publish('still here');
    expect(await news.next()).toEqual({ data: { news: 'anna: still here' } });
    await browser.post('/logout', {});
    expect(await news.ended).toBe('complete');
  });

  it.each(['{ me }', 'mutation { write(note: "x") }', 'subscription { open }'])(
    'refuse %s of a page of another origin, and close the socket (S-63)',
    async (query) => {
      const browser = await loggedIn();
      const evil = await connect(browser, { origin: 'https://evil.example.com' });
      const result = await evil
        .start(query)
        .next()
        .catch(() => ({ data: null }));
      expect(result.data ?? null).toBeNull();
      await evil.closed;
      expect((await facts()).readers).toBe(0);
      for (const origin of [running.url, 'https://app.example.com'])
        expect(await (await connect(browser, { origin })).ask('{ me }')).toEqual({ data: { me: 'anna' } });
      const anonymous = await connect(undefined, { origin: 'https://evil.example.com' });
      expect(await anonymous.ask('{ me }')).toEqual({ data: { me: null } });
    },
  );

  it('have named sessions, and end with the first one that ends', async () => {
    const browser = await loggedIn();
    await browser.post('/admin/login');
    const client = await connect(browser);
    expect(await client.ask('{ me admin }')).toEqual({ data: { me: 'anna', admin: 'root' } });
    const stream = client.start('subscription { admins }');
    await readers(1);
    await publish('hello');
    expect(await stream.next()).toEqual({ data: { admins: 'root: hello' } });
    await browser.post('/admin/logout');
    expect(await stream.ended).toBe('complete');
    expect(await client.ask('{ me admin }')).toEqual({ data: { me: 'anna', admin: null } });
  });

  it('leave nothing behind: after 100 subscriptions no session is watched', async () => {
    const browser = await loggedIn();
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connect(browser)));
    for (const client of sockets) for (let n = 0; n < 10; n++) client.start('subscription { open }');
    await readers(100);
    await Promise.all(sockets.map((client) => client.close()));
    await readers(0);
    const before = (await facts()).loads;
    // All watched sessions are checked.
    await control().post('/revoke-everything');
    expect((await facts()).loads).toBe(before);
  });
});

describe.each(COMBINATIONS)('subscriptions, $name', ({ start }) => {
  it('are complete at the check after the idle timeout (S-34)', async () => {
    const running = await start(20);
    try {
      const browser = new Browser(running.url);
      await browser.post('/login', { user: 'anna' });
      const client = await connectGraphql(running.url, { cookie: browser.cookie });
      const news = client.start('subscription { news }');
      await browser.post('/test/readers', { count: 1 });
      await new Browser(running.url).post('/test/advance', { ms: minutes(10) });
      expect(await news.ended).toBe('complete');
      await client.close();
    } finally {
      await running.close();
    }
  });
});
