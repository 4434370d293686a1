import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { UserSession } from 'nest-session';
import {
  sessionMiddleware,
  type SessionEvent,
  type SessionMiddleware,
  type SessionStore,
} from 'nest-session/http';
import { MysqlSessionStore } from 'nest-session/mysql';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import pg from 'pg';
import { createClient } from 'redis';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { Browser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { ownTime } from '../support/own-time.js';
import {
  startMariadb,
  startPostgres,
  startRedis,
  type OwnServer,
  type ServerOptions,
} from '../support/private-servers.js';
import { SECRET } from '../support/secret.js';
import { describeWithPrivateServers } from '../support/servers.js';
import { isLogged } from '../../lib/http/describe-event.js';

const CLIENTS = 40;
const OUTAGE_MS = 6000;
/** Shortest load after the server is back. No request may fail during this time. */
const AFTER_MS = 2000;
/** Longest load until all clients are served and the event for a working store is emitted. */
const AFTER_ALL_MS = 20_000;
/** Part of the CPU time that the process must get for the limits to be meaningful. */
const LEAST_RAN = 0.3;
/** Longest time to a response in any case. */
const LONGEST_ANSWER_MS = 5000;
/** Longest time from the return of the server until all clients are served. */
const LONGEST_RETURN_MS = 1000;

type ClosableStore = SessionStore & { close(): Promise<void> };

interface Kind {
  readonly engine: EngineName;
  readonly start: (options: ServerOptions) => Promise<OwnServer>;
  readonly store: (url: string) => ClosableStore;
  /** Writes with the driver only, over a separate connection. */
  readonly write: (url: string) => Promise<void>;
}

const KINDS: readonly Kind[] = [
  {
    engine: 'redis',
    start: startRedis,
    store: (url) => new RedisSessionStore({ url }),
    write: async (url) => {
      const client = createClient({ url, socket: { reconnectStrategy: false } });
      client.on('error', () => undefined);
      await client.connect();
      await client.set('written', 'by the driver').finally(() => client.destroy());
    },
  },
  {
    engine: 'postgres',
    start: startPostgres,
    store: (url) => new PostgresSessionStore({ url }),
    write: async (url) => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      await client.query('CREATE TABLE IF NOT EXISTS written (n int)').finally(() => client.end());
    },
  },
  {
    engine: 'mariadb',
    start: startMariadb,
    store: (url) => new MysqlSessionStore({ url }),
    write: async (url) => {
      const client = await createConnection(url);
      client.on('error', () => undefined);
      await client.query('CREATE TABLE IF NOT EXISTS written (n int)').finally(() => client.destroy());
    },
  },
];

interface Fault {
  readonly name: string;
  readonly begin: (server: OwnServer) => Promise<void>;
  readonly end: (server: OwnServer) => Promise<void>;
}

const FAULTS: readonly Fault[] = [
  { name: 'killed and started again', begin: (server) => server.kill(), end: (server) => server.restart() },
  {
    name: 'stopped and continued',
    begin: async (server) => server.pause(),
    end: async (server) => server.resume(),
  },
];

for (const kind of KINDS)
  describeWithPrivateServers(kind.engine, `an outage of ${kind.engine} under load`, () => outages(kind));

function outages({ engine, start, store: makeStore, write }: Kind): void {
  let server: OwnServer;
  let store: ClosableStore;
  let site: Site;
  beforeEach(async () => {
    server = await start({ durable: true, port: await freePort() });
    store = makeStore(server.url);
    site = await Site.start(store);
  });
  afterEach(async () => {
    await site.close();
    await store.close();
    await server.stop();
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    `when it is ${'%s'}: every request is answered, every client served again, no answered write lost (S-69)`,
    async (name, fault) => {
      const clients = Array.from({ length: CLIENTS }, () => new Client(site.url));
      await Promise.all(clients.map((client) => client.write()));
      const load = { isOn: true };
      const running = Promise.all(clients.map((client) => client.writeWhile(load)));
      await delay(500);
      await fault.begin(server);
      await delay(OUTAGE_MS);
      await fault.end(server);
      const [returned, returnedAt] = [ownTime(), performance.now()];
      const wrote = untilDone(() => write(server.url)).then(ownTime);
      await delay(AFTER_MS);
      const isServed = ({ answers: all }: Client): boolean => all.some(isServedAfter(returned));
      for (const over = ownTime() + AFTER_ALL_MS; ownTime() < over; await delay(20))
        if (clients.every(isServed) && site.events.at(-1)?.type === 'store-up') break;
      const ran = (ownTime() - returned) / (performance.now() - returnedAt);
      load.isOn = false;
      await running;

      const answers = clients.flatMap(({ answers: all }) => all);
      const longest = Math.max(...answers.map(({ began, ended }) => ended - began));
      const served = clients.map(({ answers: all }) => all.find(isServedAfter(returned))?.ended ?? Infinity);
      // The server is back when it serves a new client. Its own startup time does not count.
      const isBackAt = await wrote;
      const back = Math.max(...served) - isBackAt;
      const failed = answers.filter(({ status }) => status === 503).length;
      console.info(
        `${engine} ${name}: ${answers.length} requests, ${failed} of them 503, the longest took ${longest.toFixed()} ms; ` +
          `all clients were served ${back.toFixed()} ms after its return, which took it ${(isBackAt - returned).toFixed()} ms; ` +
          `the machine let it run ${(100 * ran).toFixed()} % of the time`,
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
      expect(longest).toBeLessThan(LONGEST_ANSWER_MS);
      expect(back).toBeLessThan(LONGEST_RETURN_MS);
      expect(clients.filter(({ cookies }) => cookies.size !== 1)).toEqual([]);
      for (const client of clients) await client.checkWrites();
      const told = site.events.map(({ type }) => type);
      expect(told.slice(0, 2)).toEqual(['store-down', 'store-up']);
      // The limits are wall-clock times, so on a busy machine a response may be late again.
      if (ran > LEAST_RAN) expect(told).toHaveLength(2);
    },
  );
}

/** Retries until it succeeds, with a limit. */
async function untilDone(work: () => Promise<void>): Promise<void> {
  for (const over = ownTime() + AFTER_ALL_MS; ;) {
    try {
      return await work();
    } catch (error) {
      if (ownTime() > over) throw error;
      await delay(20);
    }
  }
}

interface Answered {
  readonly began: number;
  readonly ended: number;
  readonly status: number;
}

const isServedAfter =
  (instant: number) =>
  ({ ended, status }: Answered): boolean =>
    ended > instant && status === 200;

/** A browser that writes increasing numbers, and collects the completed ones. */
class Client {
  readonly answers: Answered[] = [];
  /** All cookies that it ever had: one, unless a session was lost. */
  readonly cookies = new Set<string>();
  readonly #browser: Browser;
  #attempted = 0;
  #answered = 0;

  constructor(url: string) {
    this.#browser = new Browser(url);
  }

  async write(): Promise<void> {
    const n = ++this.#attempted;
    const began = ownTime();
    const answer = await this.#browser.fetch(`/write?n=${n}`);
    await answer.arrayBuffer();
    this.answers.push({ began, ended: ownTime(), status: answer.status });
    if (answer.status === 200) this.#answered = n;
    for (const cookie of this.#browser.jar.values()) this.cookies.add(cookie);
  }

  async writeWhile(load: { readonly isOn: boolean }): Promise<void> {
    while (load.isOn) {
      await this.write();
      await delay(20);
    }
  }

  /** The stored number is the last completed one, or a later one whose request failed. */
  async checkWrites(): Promise<void> {
    const { n } = await this.#browser.get<{ n: number }>('/read');
    expect(n).toBeGreaterThanOrEqual(this.#answered);
    expect(n).toBeLessThanOrEqual(this.#attempted);
  }
}

/** A server with sessions in a store, and the events about the store. */
class Site {
  readonly events: SessionEvent[] = [];
  readonly #server: Server;
  readonly #sessions: SessionMiddleware;

  private constructor(store: SessionStore) {
    this.#sessions = sessionMiddleware({
      secret: SECRET,
      store,
      onEvent: (event) => isLogged(event) && this.events.push(event),
    });
    this.#server = createServer((req, res) =>
      this.#sessions(req, res, (error) => {
        if (error !== undefined)
          return void Object.assign(res, { statusCode: (error as { status: number }).status }).end();
        const { session } = req as unknown as { session: UserSession };
        const { pathname, searchParams } = new URL(req.url!, 'http://localhost');
        if (pathname === '/write') session['n'] = Number(searchParams.get('n'));
        res.end(JSON.stringify({ ...session }));
      }),
    );
  }

  static async start(store: SessionStore): Promise<Site> {
    const site = new Site(store);
    await once(site.#server.listen(0, '127.0.0.1'), 'listening');
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#sessions.close();
  }
}
