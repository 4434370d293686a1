import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import {
  MemorySessionStore,
  sessionMiddleware,
  sessionRegistry,
  type SessionEvent,
  type SessionRegistry,
  type UserSession,
} from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import type { RunningServer, SessionRequest } from '../support/http-server.js';
import { rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';

const principal = (session: UserSession): string | undefined => session['userId'] as string | undefined;

describe.each(FRAMEWORKS)('a login that ends in its own request on %s', (_, serve) => {
  let registry: SessionRegistry;
  let store: MemorySessionStore;
  let running: RunningServer;
  let events: SessionEvent[];
  let onWaiting: () => void;
  let onDone: () => void;

  async function handler(req: SessionRequest, res: ServerResponse): Promise<void> {
    const { session } = req;
    const [, action, user] = req.url!.split('/');
    if (action === 'cart') session['cart'] = 'book';
    if (action === 'login') await session.login(user!, { keep: ['cart'] });
    if (action === 'again') await session.regenerate(user === undefined ? {} : { keep: [user] });
    if (action === 'stream') {
      res.write('one');
      await new Promise((resolve) => setImmediate(resolve));
      session['userId'] = user === 'nobody' ? undefined : user;
      await session.save().catch(() => undefined);
    }
    if (action === 'set') session['userId'] = user;
    if (action === 'gone') {
      onWaiting();
      await once(res, 'close');
      if (user === 'broken') await session.regenerate();
      else session['userId'] = user;
    }
    if (action === 'login-gone') {
      await session.login(user!);
      await session.save();
      onWaiting();
      await once(res, 'close');
    }
    res.end(JSON.stringify({ principal: session.principal, cart: session['cart'] ?? null }));
    onDone();
  }
  async function start(options: Partial<Parameters<typeof sessionMiddleware>[0]> = {}): Promise<void> {
    store = new MemorySessionStore();
    registry = sessionRegistry({ store });
    events = [];
    const onEvent = (event: SessionEvent): void => void events.push(event);
    running = await serve(sessionMiddleware({ secret: SECRET, store, onEvent, ...options }), handler);
    onWaiting = onDone = () => undefined;
  }
  afterEach(() => running.close());

  const visitor = async (path = '/cart'): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.fetch(path);
    return browser;
  };
  /** The request of a client that leaves before the response. */
  async function leave(path: string, browser?: Browser): Promise<void> {
    const waiting = new Promise<void>((resolve) => (onWaiting = resolve));
    const done = new Promise<void>((resolve) => (onDone = resolve));
    const value = browser?.jar.get('connect.sid');
    const request = rawRequest(running.url, path, { cookie: value ? `connect.sid=${value}` : '' });
    await waiting;
    request.abort();
    await done;
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  const told = async (): Promise<unknown[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return events.map((event) => [event.type, (event as { principal?: string | null }).principal]);
  };
  const records = async (): Promise<number> => {
    let count = 0;
    for await (const _session of registry) count++;
    return count;
  };

  it('option principal: a visitor who signs in after the head was sent has no session any more', async () => {
    await start({ principal });
    const browser = await visitor();
    await browser.fetch('/stream/u1');
    expect([await registry.count('u1'), await records()]).toEqual([0, 0]);
    expect(await told()).toEqual([
      ['created', null],
      ['logout', null],
    ]);
    expect(await browser.get('/')).toEqual({ principal: null, cart: null });
  });

  it('option principal: a user who signs out after the head was sent has no session any more', async () => {
    await start({ principal });
    const browser = await visitor('/set/u1');
    await browser.fetch('/stream/nobody');
    expect(await records()).toBe(0);
    expect((await told()).slice(2)).toEqual([['logout', 'u1']]);
  });

  it('option principal: the same where the client has left', async () => {
    await start({ principal });
    await leave('/gone/u1', await visitor());
    expect(await records()).toBe(0);
  });

  it('a login whose client has left is a logout too: of a new visitor', async () => {
    await start();
    await leave('/login-gone/u1');
    expect(await records()).toBe(0);
    expect(await told()).toEqual([
      ['created', 'u1'],
      ['login', 'u1'],
      ['logout', 'u1'],
    ]);
  });

  it.each(['evict-oldest', 'reject'] as const)(
    'a login whose client has left takes no place of the limit: %s',
    async (whenReached) => {
      await start({ limit: { perPrincipal: 1, whenReached } });
      await leave('/login-gone/u1', await visitor());
      expect([await registry.count('u1'), await records()]).toEqual([0, 0]);
      expect(await told()).toEqual([
        ['created', null],
        ['login', 'u1'],
        ['logout', 'u1'],
      ]);
      expect((await (await visitor()).fetch('/login/u1')).status).toBe(200);
    },
  );

  it.each(['/again', '/again/cart'])('regenerate() of a signed-in session is a logout: %s', async (path) => {
    await start();
    const browser = await visitor();
    await browser.fetch('/login/u1');
    const [{ handle } = {}] = await registry.list('u1');
    events.length = 0;
    await browser.fetch(path);
    expect(await told()).toEqual([
      ['logout', 'u1'],
      ['regenerated', null],
    ]);
    expect(events).toMatchObject([{ handle }, { formerHandle: handle }]);
  });

  it('a regenerate() that is not stored is a logout too', async () => {
    await start();
    const browser = await visitor('/login/u1');
    await leave('/gone/broken', browser);
    expect(await records()).toBe(0);
    expect((await told()).slice(2)).toEqual([['logout', 'u1']]);
  });
});
