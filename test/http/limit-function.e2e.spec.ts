import type { ServerResponse } from 'node:http';
import {
  MemorySessionStore,
  sessionMiddleware,
  type SessionError,
  type SessionLimit,
  type UserSession,
} from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import type { RunningServer, SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

/** Responds to `/login/<user>` by `login()`, and to `/user/<user>` by the option `principal`. */
async function handle({ session, url }: SessionRequest, res: ServerResponse): Promise<void> {
  const [, action, user] = url!.split('/');
  if (action === 'user') session['user'] = user;
  try {
    if (action === 'login') await session.login(user!);
  } catch (error) {
    return void res.writeHead((error as SessionError).statusCode ?? 500).end();
  }
  res.end(JSON.stringify(session.principal));
}

const principal = (session: UserSession): string => session['user'] as string;
const never = (): Promise<number> => new Promise<number>(() => undefined);

describe.each(FRAMEWORKS)('the function limit.perPrincipal on %s', (_, serve) => {
  let running: RunningServer;
  async function start(limit: SessionLimit): Promise<Browser> {
    const options = { secret: SECRET, store: new MemorySessionStore(), storeTimeout: 20, principal, limit };
    running = await serve(sessionMiddleware(options), handle);
    return new Browser(running.url);
  }
  afterEach(() => running.close());

  it.each(['evict-oldest', 'reject'] as const)('may hang: the login gets a 503 (%s)', async (whenReached) => {
    const browser = await start({ perPrincipal: never, whenReached });
    for (const path of ['/login/u1', '/user/u1']) expect((await browser.fetch(path)).status).toBe(503);
    expect(await browser.get('/')).toBeNull();
  });

  it('may return a promise that is not a native one, such as that of a database client', async () => {
    const thenable = { then: (resolve: (value: number) => void) => resolve(2) };
    const browser = await start({ perPrincipal: () => thenable as unknown as Promise<number> });
    expect((await browser.fetch('/login/u1')).status).toBe(200);
    expect(await browser.get('/')).toBe('u1');
  });
});
