import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sessionMiddleware, type SessionMiddleware, type SessionStore } from 'nest-session/http';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { MysqlSessionStore } from 'nest-session/mysql';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import { SqliteSessionStore } from 'nest-session/sqlite';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';
import { describeWithServer } from '../support/servers.js';

/** Two servers with a store of their own each, on one database. */
function refreshesStamps(open: () => SessionStore & { close(): Promise<void> }): void {
  const users = new Map<string, string>();
  const stores: { close(): Promise<void> }[] = [];
  const sessions: SessionMiddleware[] = [];
  const servers: RunningServer[] = [];

  /** Called by a request once its session is loaded. */
  let hold = async (): Promise<void> => undefined;
  /** The next request of this kind waits until it is released. */
  const held = (): { readonly begun: Promise<void>; readonly release: () => void } => {
    let begin = (): void => undefined;
    let release = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    hold = () => {
      begin();
      return released;
    };
    return { begun, release: () => release() };
  };

  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    const [, step, to] = req.url!.split('/');
    if (step === 'login') await session.login('u1');
    if (step === 'set') session['value'] = to;
    if (step === 'late' || step === 'late-rotate') {
      await hold();
      session['value'] = 'late';
    }
    if (step === 'rotate' || step === 'late-rotate') await session.regenerate({ keep: 'all' });
    if (step === 'password') {
      users.set('u1', to!);
      await session.refreshStamp();
    }
    res.end(JSON.stringify({ principal: session.principal, value: session['value'] ?? null }));
  };

  beforeAll(async () => {
    for (let at = 0; at < 2; at++) {
      const store = open();
      const credentialStamp = { of: (user: string) => users.get(user), checkEvery: 0 };
      const session = sessionMiddleware({ secret: SECRET, store, credentialStamp });
      stores.push(store);
      sessions.push(session);
      servers.push(
        await listen((req, res) => session(req, res, () => void handler(req as SessionRequest, res))),
      );
    }
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all(sessions.map((session) => session.close()));
    await Promise.all(stores.map((store) => store.close()));
  });
  beforeEach(() => users.set('u1', 'first'));

  const signedIn = async (): Promise<Browser> => {
    const browser = new Browser(servers[0]!.url);
    await browser.fetch('/login');
    return browser;
  };
  /** The same browser at the other server. */
  const elsewhere = (browser: Browser): Browser => new Browser(servers[1]!.url, browser.jar);
  const who = async (browser: Browser): Promise<unknown> =>
    (await browser.get<{ principal: unknown }>('/who')).principal;

  it('keeps the session that refreshed its stamp, and ends the others on both servers (S-46)', async () => {
    const [mine, first, second] = [await signedIn(), await signedIn(), await signedIn()];
    await mine.fetch('/set/before');
    await mine.fetch('/password/second');
    await mine.fetch('/set/after');
    expect([await who(first), await who(elsewhere(second))]).toEqual([null, null]);
    for (const browser of [mine, elsewhere(mine)])
      expect(await browser.get('/who')).toEqual({ principal: 'u1', value: 'after' });
  });

  it('keeps the stamp with a new id', async () => {
    const mine = await signedIn();
    await mine.fetch('/password/second');
    await mine.fetch('/rotate');
    expect([await who(mine), await who(elsewhere(mine))]).toEqual(['u1', 'u1']);
    users.set('u1', 'third');
    expect([await who(elsewhere(mine)), await who(mine)]).toEqual([null, null]);
  });

  it.each(['late', 'late-rotate'])('is not undone by a request that began before: %s', async (step) => {
    const mine = await signedIn();
    const holds = held();
    const slow = elsewhere(mine).fetch(`/${step}`);
    await holds.begun;
    await mine.fetch('/password/second');
    holds.release();
    expect((await slow).status).toBe(200);
    const [line = ''] = (await slow).headers.getSetCookie();
    const after = new Browser(servers[0]!.url, [line.split(';')[0]!.split('=') as [string, string]]);
    const kept = step === 'late' ? mine : after;
    expect(await kept.get('/who')).toEqual({ principal: 'u1', value: 'late' });
    expect(await who(elsewhere(kept))).toBe('u1');
  });
}

const name = (): string => `stamps_${randomBytes(6).toString('hex')}`;

describe('the credential stamp in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  describe('of LMDB', () => refreshesStamps(() => new LmdbSessionStore({ path: join(folder, 'lmdb') })));
  describe('of SQLite', () =>
    refreshesStamps(() => new SqliteSessionStore({ path: join(folder, 'sqlite.db') })));
});
describeWithServer('redis', 'the credential stamp in Redis', (url) => {
  const prefix = `${name()}:`;
  refreshesStamps(() => new RedisSessionStore({ url, prefix }));
});
describeWithServer('postgres', 'the credential stamp in PostgreSQL', (url) => {
  const table = name();
  refreshesStamps(() => new PostgresSessionStore({ url, table }));
});
describeWithServer('mariadb', 'the credential stamp in MariaDB', (url) => {
  const table = name();
  refreshesStamps(() => new MysqlSessionStore({ url, table }));
});
