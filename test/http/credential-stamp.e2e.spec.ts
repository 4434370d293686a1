import type { ServerResponse } from 'node:http';
import {
  MemorySessionStore,
  minutes,
  sessionMiddleware,
  type SessionEvent,
  type SessionOptions,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import type { RunningServer, SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

describe.each(FRAMEWORKS)('the option credentialStamp on %s', (_, serve) => {
  let store: MemorySessionStore;
  let clock: FakeClock;
  let events: SessionEvent[];
  let servers: RunningServer[];
  /** The users whose requests have reached a handler. */
  let handled: unknown[];
  let passwords: Map<string, unknown>;
  const of = async (principal: string): Promise<string> => passwords.get(principal) as string;

  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    handled.push(session.principal);
    if (req.url === '/login') await session.login('u1', { method: 'pwd' });
    if (req.url === '/password') {
      passwords.set('u1', 'second');
      await session.refreshStamp();
    }
    res.end(JSON.stringify({ principal: session.principal, isAvailable: session.isAvailable }));
  };
  const start = async (options: Partial<SessionOptions> = {}): Promise<string> => {
    const onEvent = (event: SessionEvent): void => void events.push(event);
    const session = sessionMiddleware({
      secret: SECRET,
      store,
      clock,
      onEvent,
      credentialStamp: { of },
      ...options,
    });
    const server = await serve(session, handler);
    servers.push(server);
    return server.url;
  };
  const signedIn = async (url: string): Promise<Browser> => {
    const browser = new Browser(url);
    await browser.fetch('/login');
    return browser;
  };
  const at = (url: string, browser: Browser): Browser => new Browser(url, browser.jar);
  const who = async (browser: Browser): Promise<unknown> =>
    (await browser.get<{ principal: unknown }>('/')).principal;

  beforeEach(() => {
    store = new MemorySessionStore();
    clock = new FakeClock();
    events = [];
    servers = [];
    handled = [];
    passwords = new Map([['u1', 'first']]);
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });

  it('keeps the browser that changed the password, and ends the other before its handler runs (S-46)', async () => {
    const url = await start();
    const [mine, other] = [await signedIn(url), await signedIn(url)];
    expect(await who(other)).toBe('u1');
    expect((await mine.fetch('/password')).status).toBe(200);
    handled.length = 0;
    expect([await who(mine), await who(other)]).toEqual(['u1', null]);
    expect(handled).toEqual(['u1', null]);
    const reasons = events.flatMap((event) => ('reason' in event ? [`${event.type} ${event.reason}`] : []));
    expect(reasons).toEqual(['revoked stamp', 'rejected stamp']);
    clock.advance(minutes(2));
    expect(await who(mine)).toBe('u1');
  });

  it('lets another server serve the ended session for checkEvery at most, and the kept one always', async () => {
    const [first, second] = [await start(), await start()];
    const [mine, other] = [await signedIn(first), await signedIn(first)];
    expect([await who(at(second, mine)), await who(at(second, other))]).toEqual(['u1', 'u1']);
    await mine.fetch('/password');
    expect(await who(at(second, other))).toBe('u1');
    clock.advance(minutes(1));
    expect([await who(at(second, other)), await who(at(second, mine))]).toEqual([null, 'u1']);
  });

  it('does not end the kept session on a server that has kept the former stamp', async () => {
    const [first, second] = [await start(), await start()];
    const mine = await signedIn(first);
    await who(at(second, mine));
    await mine.fetch('/password');
    expect(await who(at(second, mine))).toBe('u1');
  });

  it('ends the sessions of a user who was deleted (S-45)', async () => {
    const url = await start({ credentialStamp: { of, checkEvery: 0 } });
    const browser = await signedIn(url);
    expect(await who(browser)).toBe('u1');
    passwords.delete('u1');
    expect(await who(browser)).toBeNull();
  });

  it('fails the request with 503 where the option fails, before a handler, and keeps the cookie (S-69)', async () => {
    const url = await start();
    const browser = await signedIn(url);
    passwords.set('u1', Promise.reject(new Error('down')));
    clock.advance(minutes(1));
    handled.length = 0;
    const response = await browser.fetch('/');
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(response.headers.get('retry-after')).not.toBeNull();
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(handled).toEqual([]);
    passwords.set('u1', 'first');
    expect(await who(browser)).toBe('u1');
    expect(events).toContainEqual(expect.objectContaining({ type: 'store-down', source: 'credentialStamp' }));
  });

  it('continues without a session where onStoreError decides so', async () => {
    const browser = await signedIn(await start({ onStoreError: 'anonymous' }));
    passwords.set('u1', Promise.reject(new Error('down')));
    clock.advance(minutes(1));
    expect(await browser.get('/')).toEqual({ principal: null, isAvailable: false });
    passwords.set('u1', 'first');
    expect(await browser.get('/')).toEqual({ principal: 'u1', isAvailable: true });
  });

  it('fails a request with 500 where the option returns no text', async () => {
    const browser = await signedIn(await start());
    passwords.set('u1', new Date(0));
    clock.advance(minutes(1));
    expect((await browser.fetch('/')).status).toBe(500);
    passwords.set('u1', 'first');
    expect(await who(browser)).toBe('u1');
  });

  it('gives a browser with an ended session a new one', async () => {
    const browser = await signedIn(await start({ credentialStamp: { of, checkEvery: 0 } }));
    const before = browser.jar.get('connect.sid');
    passwords.set('u1', 'second');
    await browser.fetch('/login');
    expect(browser.jar.get('connect.sid')).not.toBe(before);
    expect(await who(browser)).toBe('u1');
  });
});
