import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Next, Req, Res } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type expressSession from 'express-session';
import { SessionModule, type SessionOptions } from 'nest-session';
import fileStoreOf from 'session-file-store';
import { startApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import {
  dropIn,
  EXPRESS_VERSIONS,
  original,
  sessionOf,
  type AnySession,
  type Express,
  type SessionFunction,
} from '../support/express-apps.js';
import { listen, type RunningServer } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

const STEPS = 200;
/** What a step does; repeated for frequency. `old` sends the cookie of a session that was ended. */
const ACTIONS = [
  'old',
  'look',
  'write',
  'write',
  'nested',
  'nested',
  'remove',
  'touch',
  'login',
  'logout',
] as const;
type Action = (typeof ACTIONS)[number];

/** The session before and after an action, as the server reports it. */
interface Report {
  readonly before: object;
  readonly after: object;
  readonly id: string | undefined;
}

/** Starts a server with sessions in a folder. */
type Start = (folder: string) => Promise<RunningServer>;

/** The application of every server. It needs only a session with callbacks. */
const act: RequestHandler = (req, res, next) => {
  const before = dataOf(sessionOf(req));
  const report = (error?: unknown): void => {
    if (error) return next(error);
    // The request of a destroyed session has none.
    const now = sessionOf(req) as AnySession | undefined;
    res.json({ before, after: now === undefined ? {} : dataOf(now), id: now?.id } satisfies Report);
  };
  perform(req, req.params['action'] as Action, report);
};

function perform(req: Request, action: Action, done: (error?: unknown) => void): void {
  const session = sessionOf(req);
  const { name, value } = req.query as Record<string, string>;
  switch (action) {
    case 'write':
      session[name!] = value;
      return done();
    case 'nested': {
      const cart = (session['cart'] ??= { items: [] }) as { items: string[] };
      cart.items.push(value!);
      return done();
    }
    case 'remove':
      delete session[name!];
      return done();
    case 'touch':
      session.touch();
      return done();
    case 'login':
      return void session.regenerate((error: unknown) => {
        if (error) return done(error);
        sessionOf(req)['user'] = { name: value };
        sessionOf(req).save(done);
      });
    case 'logout':
      return void session.destroy(done);
    case 'look':
    case 'old':
      return done();
  }
}

/** The data of the application, without the times that the store and SessionModule add. */
function dataOf(session: object): object {
  const { cookie: _, __lastAccess: __, 'nest-session': ___, ...data } = session as Record<string, unknown>;
  return structuredClone(data);
}

function fileStore(session: SessionFunction, path: string): expressSession.Store {
  const FileStore = fileStoreOf(session);
  return new FileStore({ path, retries: 0, reapInterval: -1, logFn: () => undefined });
}

const onExpress =
  (express: Express, session: SessionFunction, options: Partial<expressSession.SessionOptions>): Start =>
  async (folder) => {
    const app = express();
    const store = fileStore(session, folder);
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, store, ...options }));
    app.get('/:action', act);
    app.use((error: Error, _: Request, res: Response, __: unknown) => void res.status(500).send(error.stack));
    return listen(app);
  };

@Controller()
class AppController {
  @Get(':action') act(@Req() req: Request, @Res() res: Response, @Next() next: NextFunction): void {
    void act(req, res, next);
  }
}

const onNest =
  (options: Partial<SessionOptions>): Start =>
  async (folder) => {
    const store = fileStore(dropIn, folder);
    const { app, url } = await startApp(() => new ExpressAdapter() as never, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, ...options })],
      controllers: [AppController],
    });
    return { url, close: () => app.close() };
  };

/** The expected data of the session and the invalid cookies after each step. */
class Model {
  data: Record<string, unknown> = {};
  id: string | null = null;
  readonly dead: string[] = [];

  /** Applies one step and checks the report of the server. */
  follow(action: Action, name: string, value: string, report: Report): void {
    const { id, data } = this;
    expect(report.before).toEqual(data);
    if (action === 'write') data[name] = value;
    if (action === 'remove') delete data[name];
    if (action === 'nested') {
      const cart = (data['cart'] ?? { items: [] }) as { items: string[] };
      data['cart'] = { items: [...cart.items, value] };
    }
    if (action === 'login') this.data = { user: { name: value } };
    if (action === 'logout') this.data = {};
    expect(report.after).toEqual(this.data);
    if (action === 'logout') this.id = null;
    else if (action === 'login') expect(report.id).not.toBe(id);
    else if (id !== null) expect(report.id).toBe(id);
    // An unmodified new session is not stored, so its id does not count.
    if (action !== 'logout' && (id !== null || Object.keys(this.data).length > 0))
      this.id = report.id ?? null;
  }
}

/** One step of a walk. */
interface Step {
  readonly action: Action;
  readonly server: number;
  readonly name: string;
  readonly value: string;
}

/** Takes random steps on random servers, with a check after each; an error names the seed and the steps. */
async function walk(servers: readonly RunningServer[], folder: string, seed: number): Promise<Step[]> {
  const random = randomFrom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const browser = new Browser('');
  const model = new Model();
  const steps: Step[] = [];
  while (steps.length < STEPS) {
    const step: Step = {
      action: pick(model.dead.length === 0 ? ACTIONS.slice(1) : ACTIONS),
      server: pick([...servers.keys()]),
      name: pick(['a', 'b', 'c']),
      value: `v${steps.length}`,
    };
    steps.push(step);
    try {
      if (step.action === 'old') await askAsStranger(servers[step.server]!, pick(model.dead));
      else await take(step, servers[step.server]!, browser, model);
      // Every server finds the session of the model, and there is no other file.
      expect((await send(browser, pick(servers).url)).before).toEqual(model.data);
      expect(readdirSync(folder)).toHaveLength(model.id === null ? 0 : 1);
    } catch (error) {
      const way = steps.slice(-8).map(({ action, server }) => `${action}@${server}`);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${seed}, step ${steps.length}, ... ${way.join(' ')}: ${why}`, { cause: error });
    }
  }
  return steps;
}

async function take(
  { action, name, value }: Step,
  { url }: RunningServer,
  browser: Browser,
  model: Model,
): Promise<void> {
  const cookie = browser.jar.get('connect.sid');
  const report = await send(browser, url, `/${action}?name=${name}&value=${value}`);
  if ((action === 'login' || action === 'logout') && cookie !== undefined) model.dead.push(cookie);
  model.follow(action, name, value, report);
}

/** A request with the cookie of an ended session finds no data and stores none. */
async function askAsStranger({ url }: RunningServer, cookie: string): Promise<void> {
  const report = await send(new Browser('', [['connect.sid', cookie]]), url, '/old');
  expect(report).toMatchObject({ before: {}, after: {} });
}

async function send(browser: Browser, url: string, address = '/look'): Promise<Report> {
  const response = await browser.fetch(url + address);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${address}: ${response.status} ${text}`);
  return JSON.parse(text) as Report;
}

/** Random numbers below 1, reproducible by seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SEEDS = [1];
const OPTION_SETS = [
  ['plain options', {}],
  ['rolling, resave and a lifetime', { rolling: true, resave: true, cookie: { maxAge: 3_600_000 } }],
] as const;

describe.each(EXPRESS_VERSIONS)(
  'a rolling migration on %s, with one folder of session-file-store',
  (_, express) => {
    let folder: string;
    let servers: RunningServer[];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'nest-session-'));
      servers = [];
    });
    afterEach(async () => {
      await Promise.all(servers.map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    });

    const walkBetween = async (starts: readonly Start[], seed: number): Promise<void> => {
      for (const start of starts) servers.push(await start(folder));
      const steps = await walk(servers, folder, seed);
      expect(steps).toHaveLength(STEPS);
      // Every action must have run on every server.
      const taken = new Set(steps.map(({ action, server }) => `${action}@${server}`));
      const all = servers.flatMap((__, server) =>
        [...new Set(ACTIONS)].map((action) => `${action}@${server}`),
      );
      expect([...taken].sort()).toEqual(all.sort());
    };

    describe.each(OPTION_SETS)('with %s', (__, options) => {
      const [before, after] = [original, dropIn].map((session) => onExpress(express, session, options)) as [
        Start,
        Start,
      ];

      it.each(SEEDS)(
        `keeps the session over ${STEPS} steps between express-session and nest-session/express, seed %i`,
        (seed) => walkBetween([before, after], seed),
      );

      it.each(SEEDS)(
        `keeps the session over ${STEPS} steps between these two and SessionModule, seed %i`,
        (seed) => walkBetween([before, after, onNest(options)], seed),
      );
    });
  },
);
