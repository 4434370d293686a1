import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { createPool } from 'mysql2/promise';
import { sessionMiddleware, type SessionStore } from 'nest-session/http';
import { MysqlSessionStore } from 'nest-session/mysql';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import pg from 'pg';
import { createClient } from 'redis';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';
import { describeWithServer } from '../support/servers.js';

interface Counted {
  readonly store: SessionStore;
  readonly close: () => unknown;
}

type Make = (url: string, name: string, count: () => void) => Counted | Promise<Counted>;

/** The same client, with counters for the named methods. */
function counting<C extends object>(client: C, methods: readonly string[], count: () => void): C {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (methods.includes(String(name))) count();
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

const KINDS: readonly [EngineName, string, Make][] = [
  [
    'redis',
    'node-redis',
    async (url, prefix, count) => {
      const client = createClient({ url });
      await client.connect();
      return {
        store: new RedisSessionStore({ client: counting(client, ['sendCommand'], count), prefix }),
        close: () => client.close(),
      };
    },
  ],
  [
    'redis',
    'ioredis',
    (url, prefix, count) => {
      const client = new Redis(url);
      return {
        store: new RedisSessionStore({ client: counting(client, ['call', 'sendCommand'], count), prefix }),
        close: () => client.quit(),
      };
    },
  ],
  [
    'postgres',
    'pg',
    (url, table, count) => {
      const pool = new pg.Pool({ connectionString: url });
      return {
        store: new PostgresSessionStore({ client: counting(pool, ['query', 'connect'], count), table }),
        close: () => pool.end(),
      };
    },
  ],
  [
    'mariadb',
    'mysql2',
    (url, table, count) => {
      const pool = createPool(url);
      return {
        store: new MysqlSessionStore({
          client: counting(pool, ['execute', 'query', 'getConnection'], count),
          table,
        }),
        close: () => pool.end(),
      };
    },
  ],
];

async function answer(req: SessionRequest, res: ServerResponse): Promise<void> {
  const { session } = req;
  if (req.url === '/write') session['n'] = Math.random();
  if (req.url === '/login') {
    await session.regenerate();
    session['userId'] = 'u1';
  }
  if (req.url === '/logout') await session.destroy();
  res.end(JSON.stringify({ ...session }));
}

for (const [engine, driver, make] of KINDS)
  describeWithServer(engine, `round trips to ${engine} by ${driver}`, (url) => {
    let trips: number;
    let made: Counted;
    let server: RunningServer;
    let browser: Browser;
    beforeAll(async () => {
      made = await make(url, `trips_${randomBytes(6).toString('hex')}`, () => trips++);
      const sessions = sessionMiddleware({ secret: SECRET, store: made.store, sweepEvery: false });
      server = await listen((req, res) => sessions(req, res, () => void answer(req as never, res)));
      browser = new Browser(server.url);
      // The first calls also create the table, or load the scripts.
      for (const path of ['/write', '/write', '/login', '/logout']) await browser.fetch(path);
    });
    afterAll(async () => {
      await server.close();
      await made.close();
    });

    const tripsOf = async (path: string, from = browser): Promise<number> => {
      trips = 0;
      expect((await from.fetch(path)).status).toBe(200);
      return trips;
    };

    it('none for a visitor who stores nothing', async () => {
      expect(await tripsOf('/', new Browser(server.url))).toBe(0);
    });

    it('none for a forged cookie', async () => {
      const forged = new Browser(server.url, [
        ['connect.sid', encodeURIComponent(`s:${'x'.repeat(32)}.forged`)],
      ]);
      expect(await tripsOf('/', forged)).toBe(0);
    });

    it('one to load, one to commit: new 1, read 1, write 2, login 2, logout 2', async () => {
      const counted: [string, number][] = [];
      for (const path of ['/write', '/', '/write', '/login', '/', '/logout'])
        counted.push([path, await tripsOf(path)]);
      expect(counted).toEqual([
        ['/write', 1],
        ['/', 1],
        ['/write', 2],
        ['/login', 2],
        ['/', 1],
        ['/logout', 2],
      ]);
    });
  });
