import type { ServerResponse } from 'node:http';
import {
  MemorySessionStore,
  sessionMiddleware,
  sessionRegistry,
  type SessionEvent,
  type SessionInfo,
  type SessionRegistry,
} from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import type { RunningServer, SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

describe.each(FRAMEWORKS)('the registry beside an application on %s', (_, serve) => {
  let store: MemorySessionStore;
  let registry: SessionRegistry;
  let running: RunningServer;
  let events: SessionEvent[];
  let meanwhile: () => Promise<unknown>;

  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    const answer = (body: unknown): void => void res.end(JSON.stringify(body));
    switch (req.url ?? '') {
      case '/login':
        await session.login('u1', { method: 'pwd' });
        return answer('in');
      case '/devices':
        return answer(await registry.list('u1', { current: session }));
      case '/sign-out-others':
        return answer(await registry.revokeAll('u1', { except: session }));
      case '/write':
        await meanwhile();
        session['written'] = true;
        return answer('written');
      case '/rotate':
        await meanwhile();
        await session.regenerate({ keep: 'all' });
        return answer('rotated');
      default:
        return answer({ principal: session.principal, written: session['written'] ?? null });
    }
  };

  beforeEach(async () => {
    store = new MemorySessionStore();
    events = [];
    meanwhile = async () => undefined;
    const onEvent = (event: SessionEvent): void => void events.push(event);
    registry = sessionRegistry({ store, onEvent });
    running = await serve(sessionMiddleware({ secret: SECRET, store, onEvent }), handler);
  });
  afterEach(() => running.close());

  const signedIn = async (): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.fetch('/login');
    return browser;
  };
  const who = async (browser: Browser): Promise<unknown> =>
    (await browser.get<{ principal: unknown }>('/')).principal;

  it('lists the sessions of a user, and marks the one of the request', async () => {
    const [phone, desktop] = [await signedIn(), await signedIn()];
    const devices = await phone.get<SessionInfo[]>('/devices');
    expect(devices.map(({ current }) => current).sort()).toEqual([false, true]);
    const others = await desktop.get<SessionInfo[]>('/devices');
    const currentOf = (list: SessionInfo[]): unknown => list.find(({ current }) => current)?.handle;
    expect(currentOf(others)).not.toBe(currentOf(devices));
    expect(devices[0]).toMatchObject({ principal: 'u1', methods: { pwd: devices[0]?.authenticatedAt } });
  });

  it('ends one session for the very next request', async () => {
    const [phone, desktop] = [await signedIn(), await signedIn()];
    const devices = await phone.get<SessionInfo[]>('/devices');
    const other = devices.find(({ current }) => !current)!;
    expect(await registry.revoke('u1', other.handle)).toBe(true);
    expect([await who(phone), await who(desktop)]).toEqual(['u1', null]);
  });

  it.each(['/write', '/rotate'])('ends a session while %s uses it: it is not stored again', async (path) => {
    const browser = await signedIn();
    const cookies = browser.clone();
    meanwhile = () => registry.revokeAll('u1');
    await browser.fetch(path);
    expect(await who(cookies)).toBeNull();
    expect(await who(browser)).toBeNull();
    expect(await registry.count('u1')).toBe(0);
  });

  it('keeps the handle over a new id, and ends all other sessions', async () => {
    const [phone, desktop] = [await signedIn(), await signedIn()];
    const [before] = (await phone.get<SessionInfo[]>('/devices')).filter(({ current }) => current);
    await phone.fetch('/rotate');
    const [after] = (await phone.get<SessionInfo[]>('/devices')).filter(({ current }) => current);
    expect(after?.handle).toBe(before?.handle);
    expect(await phone.get('/sign-out-others')).toBe(1);
    expect([await who(phone), await who(desktop)]).toEqual(['u1', null]);
  });

  it('ends all sessions at once', async () => {
    const [phone, desktop] = [await signedIn(), await signedIn()];
    await registry.revokeEverything();
    expect([await who(phone), await who(desktop)]).toEqual([null, null]);
    await phone.fetch('/login');
    expect(await who(phone)).toBe('u1');
  });

  it('reports what happens, without ids and keys', async () => {
    const browser = await signedIn();
    const secret = decodeURIComponent(browser.jar.get('connect.sid')!);
    const [device] = await browser.get<SessionInfo[]>('/devices');
    await registry.revokeAll('u1');
    await who(browser);
    const about = { sessionName: 'default', at: expect.any(Number) as number };
    const handle = device!.handle;
    expect(events).toEqual([
      { type: 'created', handle, principal: 'u1', ...about },
      {
        type: 'login',
        handle,
        principal: 'u1',
        formerHandle: null,
        method: 'pwd',
        isStepUp: false,
        ...about,
      },
      { type: 'revoked', reason: 'registry', handle, principal: 'u1', ...about },
      { type: 'rejected', reason: 'unknown-id', handles: [handle], ...about },
    ]);
    expect(JSON.stringify(events)).not.toContain(secret.slice(2, 20));
  });
});
