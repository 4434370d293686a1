import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
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
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { Browser } from '../support/browser.js';
import {
  startMariadb,
  startPostgres,
  startRedis,
  type OwnServer,
  type ServerOptions,
} from '../support/private-servers.js';
import { SECRET } from '../support/secret.js';
import { describeWithPrivateServers } from '../support/servers.js';

const CLIENTS = 40;
const OUTAGE_MS = 6000;
/** How long the load goes on after the server is back: long enough to be told that the store works again. */
const AFTER_MS = 2000;
/** Longest time to an answer, whatever happens. */
const LONGEST_ANSWER_MS = 5000;
/** Longest time from the return of the server until all clients are served. */
const LONGEST_RETURN_MS = 1000;

type ClosableStore = SessionStore & { close(): Promise<void> };

interface Kind {
  readonly engine: EngineName;
  readonly start: (options: ServerOptions) => Promise<OwnServer>;
  readonly store: (url: string) => ClosableStore;
}

const KINDS: readonly Kind[] = [
  { engine: 'redis', start: startRedis, store: (url) => new RedisSessionStore({ url }) },
  { engine: 'postgres', start: startPostgres, store: (url) => new PostgresSessionStore({ url }) },
  { engine: 'mariadb', start: startMariadb, store: (url) => new MysqlSessionStore({ url }) },
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

function outages({ engine, start, store: makeStore }: Kind): void {
  let server: OwnServer;
  let store: ClosableStore;
  let site: Site;
  beforeEach(async () => {
    server = await start({ durable: true });
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
      const returned = performance.now();
      await delay(AFTER_MS);
      load.isOn = false;
      await running;

      const answers = clients.flatMap(({ answers: all }) => all);
      const longest = Math.max(...answers.map(({ began, ended }) => ended - began));
      const served = clients.map(({ answers: all }) => all.find(isServedAfter(returned))?.ended ?? Infinity);
      const back = Math.max(...served) - returned;
      const failed = answers.filter(({ status }) => status === 503).length;
      console.info(
        `${engine} ${name}: ${answers.length} requests, ${failed} of them 503, the longest took ${longest.toFixed()} ms; ` +
          `all clients were served ${back.toFixed()} ms after its return`,
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
      expect(longest).toBeLessThan(LONGEST_ANSWER_MS);
      expect(back).toBeLessThan(LONGEST_RETURN_MS);
      expect(clients.filter(({ cookies }) => cookies.size !== 1)).toEqual([]);
      for (const client of clients) await client.checkWrites();
      expect(site.events.map(({ type }) => type)).toEqual(['store-down', 'store-up']);
    },
    60_000,
  );
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

/** A browser that writes a greater number each time, and remembers which were answered. */
class Client {
  readonly answers: Answered[] = [];
  /** All cookies that it ever held: one, if nobody lost a session. */
  readonly cookies = new Set<string>();
  readonly #browser: Browser;
  #attempted = 0;
  #answered = 0;

  constructor(url: string) {
    this.#browser = new Browser(url);
  }

  async write(): Promise<void> {
    const n = ++this.#attempted;
    const began = performance.now();
    const answer = await this.#browser.fetch(`/write?n=${n}`);
    await answer.arrayBuffer();
    this.answers.push({ began, ended: performance.now(), status: answer.status });
    if (answer.status === 200) this.#answered = n;
    for (const cookie of this.#browser.jar.values()) this.cookies.add(cookie);
  }

  async writeWhile(load: { readonly isOn: boolean }): Promise<void> {
    while (load.isOn) {
      await this.write();
      await delay(20);
    }
  }

  /** What is stored is the last answered number, or one that was sent after it and may have been stored. */
  async checkWrites(): Promise<void> {
    const { n } = await this.#browser.get<{ n: number }>('/read');
    expect(n).toBeGreaterThanOrEqual(this.#answered);
    expect(n).toBeLessThanOrEqual(this.#attempted);
  }
}

/** A server with sessions in a store, and what it was told of the store. */
class Site {
  readonly events: SessionEvent[] = [];
  readonly #server: Server;
  readonly #sessions: SessionMiddleware;

  private constructor(store: SessionStore) {
    this.#sessions = sessionMiddleware({
      secret: SECRET,
      store,
      onEvent: (event) => this.events.push(event),
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
