import type { ServerResponse } from 'node:http';
import {
  MemorySessionStore,
  sessionMiddleware,
  sessionRegistry,
  type SessionRegistry,
  type UserSession,
} from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

/** Ways to change the id of a signed-in session, before the store has moved it. */
const MOVES: Record<string, (session: UserSession) => Promise<void>> = {
  'regenerate() and login()': async (session) => {
    await session.regenerate();
    await session.login('u1');
  },
  'a step-up': (session) => session.login('u1', { method: 'otp' }),
  'regenerate() with all attributes': (session) => session.regenerate({ keep: 'all' }),
  'regenerate() with the attribute of the option principal': (session) =>
    session.regenerate({ keep: ['userId'] }),
};

describe.each(Object.entries(MOVES))('the registry in a request that has called %s', (_, move) => {
  let registry: SessionRegistry;
  let running: RunningServer;

  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    switch (req.url ?? '') {
      case '/login':
        session['userId'] = 'u1';
        break;
      case '/devices': {
        await move(session);
        const devices = await registry.list('u1', { current: session });
        return void res.end(JSON.stringify(devices.filter(({ current }) => current).length));
      }
      case '/sign-out-others':
        await move(session);
        return void res.end(JSON.stringify(await registry.revokeAll('u1', { except: session })));
    }
    res.end(JSON.stringify(session.principal));
  };

  beforeEach(async () => {
    const store = new MemorySessionStore();
    registry = sessionRegistry({ store });
    const principal = (session: UserSession): string | null => (session['userId'] as string) ?? null;
    const middleware = sessionMiddleware({ secret: SECRET, store, principal });
    running = await listen((req, res) =>
      middleware(req, res, () => void handler(req as SessionRequest, res)),
    );
  });
  afterEach(() => running.close());

  const signedIn = async (): Promise<Browser> => {
    const browser = new Browser(running.url);
    await browser.fetch('/login');
    return browser;
  };

  it('marks the current session', async () => {
    const phone = await signedIn();
    await signedIn();
    expect(await phone.get('/devices')).toBe(1);
  });

  it('ends all other sessions, and not this one', async () => {
    const [phone, laptop] = [await signedIn(), await signedIn()];
    expect(await phone.get('/sign-out-others')).toBe(1);
    expect(await laptop.get('/who')).toBe(null);
    expect(await registry.count('u1')).toBe(1);
  });
});

it('regenerate() in a loop adds one listener to the response', async () => {
  const counts: number[] = [];
  const middleware = sessionMiddleware({ secret: SECRET, store: new MemorySessionStore() });
  const handler = async ({ session }: SessionRequest, res: ServerResponse): Promise<void> => {
    for (let n = 0; n < 12; n++) {
      await session.save();
      await session.regenerate({ keep: 'all' });
      counts.push(res.listenerCount('close'));
    }
    res.end();
  };
  const running = await listen((req, res) =>
    middleware(req, res, () => void handler(req as SessionRequest, res)),
  );
  await new Browser(running.url).fetch('/');
  await running.close();
  expect(new Set(counts).size).toBe(1);
});
