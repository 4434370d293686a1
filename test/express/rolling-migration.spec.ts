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
/** What a step does, by how often; `old` comes with the cookie of a session that was ended. */
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

/** What a server tells of the session, before and after what it was asked to do. */
interface Told {
  readonly before: object;
  readonly after: object;
  readonly id: string | undefined;
}

/** One way to run a session on a folder: starts a server. */
type Start = (folder: string) => Promise<RunningServer>;

/** The application, which is the same on every server: it needs a session with callbacks, and nothing else. */
const act: RequestHandler = (req, res, next) => {
  const before = dataOf(sessionOf(req));
  const tell = (error?: unknown): void => {
    if (error) return next(error);
    // A session that was destroyed is no more at the request.
    const now = sessionOf(req) as AnySession | undefined;
    res.json({ before, after: now === undefined ? {} : dataOf(now), id: now?.id } satisfies Told);
  };
  perform(req, req.params['action'] as Action, tell);
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

/** What the application stored; the store and SessionModule put times of their own beside it. */
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

/** What the session must hold, and which cookies must be worth nothing, after each step. */
class Model {
  data: Record<string, unknown> = {};
  id: string | null = null;
  readonly dead: string[] = [];

  /** Follows one step and checks what the server told. */
  follow(action: Action, name: string, value: string, told: Told): void {
    const { id, data } = this;
    expect(told.before).toEqual(data);
    if (action === 'write') data[name] = value;
    if (action === 'remove') delete data[name];
    if (action === 'nested') {
      const cart = (data['cart'] ?? { items: [] }) as { items: string[] };
      data['cart'] = { items: [...cart.items, value] };
    }
    if (action === 'login') this.data = { user: { name: value } };
    if (action === 'logout') this.data = {};
    expect(told.after).toEqual(this.data);
    if (action === 'logout') this.id = null;
    else if (action === 'login') expect(told.id).not.toBe(id);
    else if (id !== null) expect(told.id).toBe(id);
    // An untouched new session is not kept: its id is of no consequence.
    if (action !== 'logout' && (id !== null || Object.keys(this.data).length > 0)) this.id = told.id ?? null;
  }
}

/** One step of a walk. */
interface Step {
  readonly action: Action;
  readonly server: number;
  readonly name: string;
  readonly value: string;
}

/** Walks at random between the servers, and checks after each step; a failure names seed, step and the way there. */
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
      // What any server finds is what the model knows, and of nothing else there is a file.
      expect((await ask(browser, pick(servers).url)).before).toEqual(model.data);
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
  const told = await ask(browser, url, `/${action}?name=${name}&value=${value}`);
  if ((action === 'login' || action === 'logout') && cookie !== undefined) model.dead.push(cookie);
  model.follow(action, name, value, told);
}

/** Somebody who comes with the cookie of a session that was ended: finds nothing, and leaves nothing. */
async function askAsStranger({ url }: RunningServer, cookie: string): Promise<void> {
  const told = await ask(new Browser('', [['connect.sid', cookie]]), url, '/old');
  expect(told).toMatchObject({ before: {}, after: {} });
}

async function ask(browser: Browser, url: string, address = '/look'): Promise<Told> {
  const answer = await browser.fetch(url + address);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${address}: ${answer.status} ${text}`);
  return JSON.parse(text) as Told;
}

/** Random numbers below 1 that are the same for the same seed (mulberry32). */
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
  'a rolling migration on %s, over one folder of session-file-store',
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
      // A walk that missed something proves nothing of it.
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
        `holds no surprise in ${STEPS} steps between express-session and nest-session/express, seed %i`,
        (seed) => walkBetween([before, after], seed),
        120_000,
      );

      it.each(SEEDS)(
        `holds no surprise in ${STEPS} steps between these two and SessionModule, seed %i`,
        (seed) => walkBetween([before, after, onNest(options)], seed),
        120_000,
      );
    });
  },
);
