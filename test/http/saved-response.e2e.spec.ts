import type { ServerResponse } from 'node:http';
import { createRequest, createResponse } from 'node-mocks-http';
import {
  MemorySessionStore,
  minutes,
  sessionMiddleware,
  sessionRegistry,
  type SessionOptions,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import type { RunningServer, SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

const WRITES = ['create', 'patch', 'rekey', 'delete'];

/** Ways to send a response with a status. */
const KINDS: Record<string, (res: ServerResponse, status: number) => unknown> = {
  end: (res, status) => {
    res.statusCode = status;
    res.end('{}');
  },
  writeHead: (res, status) => res.writeHead(status, { 'Content-Type': 'application/json' }).end('{}'),
  stream: (res, status) => {
    res.writeHead(status);
    res.write('{');
    setImmediate(() => res.end('}'));
  },
  flush: (res, status) => {
    res.statusCode = status;
    res.flushHeaders();
    setImmediate(() => res.end('{}'));
  },
};

describe.each(FRAMEWORKS)('the option saveOnError on %s', (_, serve) => {
  let store: CountingStore;
  let clock: FakeClock;
  let running: RunningServer;
  let browser: Browser;

  const steps: Record<string, (req: SessionRequest) => unknown> = {
    set: ({ session }) => (session['count'] = Number(session['count'] ?? 0) + 1),
    read: ({ session }) => session['count'],
    nothing: () => undefined,
    save: async ({ session }) => {
      session['count'] = 100;
      await session.save();
      session['late'] = true;
    },
    login: ({ session }) => session.login('u1'),
    'login-saved': async ({ session }) => {
      await session.login('u1');
      await session.save();
    },
    regenerate: ({ session }) => session.regenerate({ keep: 'all' }),
    destroy: ({ session }) => session.destroy(),
    release: (req) => ((req as { session: unknown }).session = null),
    cookie: ({ session }) => (session.cookie.maxAge = minutes(5)),
    touch: ({ session }) => session.touch(),
  };
  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const [, step = '', status = '200', kind = 'end'] = req.url!.split('/');
    await steps[step]!(req);
    KINDS[kind]!(res, Number(status));
  };
  const start = async (options: Partial<SessionOptions> = {}): Promise<void> => {
    clock = new FakeClock();
    store = new CountingStore(new MemorySessionStore());
    running = await serve(
      sessionMiddleware({ secret: SECRET, store, clock, saveOnError: false, ...options }),
      handler,
    );
    browser = new Browser(running.url);
  };
  /** The store calls of one request besides loads, and whether it set a cookie. */
  const visit = async (path: string, who = browser): Promise<{ writes: string[]; hasCookie: boolean }> => {
    store.calls.length = 0;
    const response = await who.fetch(path);
    await response.text();
    return {
      writes: store.calls.filter((call) => WRITES.includes(call)),
      hasCookie: response.headers.getSetCookie().length > 0,
    };
  };
  const NOTHING = { writes: [], hasCookie: false };
  afterEach(() => running.close());

  describe.each(Object.keys(KINDS))('of a response by %s', (kind) => {
    it('false saves neither a new session nor a change with a status of 500 or more', async () => {
      await start();
      expect(await visit(`/set/500/${kind}`)).toEqual(NOTHING);
      await browser.fetch('/set/200');
      for (const status of [500, 503, 599]) expect(await visit(`/set/${status}/${kind}`)).toEqual(NOTHING);
      clock.advance(minutes(2));
      for (const step of ['read', 'nothing', 'touch', 'cookie'])
        expect(await visit(`/${step}/500/${kind}`)).toEqual(NOTHING);
    });

    it.each([200, 302, 404, 499])('false saves with the status %i', async (status) => {
      await start();
      expect(await visit(`/set/${status}/${kind}`)).toEqual({ writes: ['create'], hasCookie: true });
      expect((await visit(`/set/${status}/${kind}`)).writes).toEqual(['patch']);
    });

    it('true, the default, saves with each status', async () => {
      await start({ saveOnError: true });
      expect(await visit(`/set/500/${kind}`)).toEqual({ writes: ['create'], hasCookie: true });
      await running.close();
      await start({ saveOnError: undefined });
      expect((await visit(`/set/500/${kind}`)).writes).toEqual(['create']);
    });

    it('false keeps what save() has stored, and sends its cookie', async () => {
      await start();
      expect(await visit(`/save/500/${kind}`)).toEqual({ writes: ['create'], hasCookie: true });
      expect(await visit(`/save/500/${kind}`)).toEqual({ writes: ['patch'], hasCookie: false });
      const registry = sessionRegistry({ store: store.inner });
      expect((await registry.page()).sessions).toHaveLength(1);
    });

    it('false ends the old id of a session that was given a new one (S-9)', async () => {
      for (const step of ['login', 'regenerate']) {
        await start();
        await browser.fetch('/set/200');
        const attacker = browser.clone();
        expect(await visit(`/${step}/500/${kind}`)).toEqual({
          writes: expect.arrayContaining(['delete']) as unknown,
          hasCookie: false,
        });
        expect((await visit('/set/200', attacker)).writes).toEqual(['create']);
        await running.close();
      }
      await start();
    });

    it('false sends the cookie of a login that save() has stored', async () => {
      await start();
      await browser.fetch('/set/200');
      expect(await visit(`/login-saved/500/${kind}`)).toEqual({ writes: ['rekey'], hasCookie: true });
      expect(await sessionRegistry({ store: store.inner }).count('u1')).toBe(1);
      expect((await visit('/set/200')).writes).toEqual(['patch']);
    });

    it('false lets a request end its session (S-42)', async () => {
      await start({ unset: 'destroy' });
      for (const step of ['destroy', 'release']) {
        await browser.fetch('/set/200');
        expect(await visit(`/${step}/500/${kind}`)).toEqual({ writes: ['delete'], hasCookie: true });
        expect(browser.jar.size).toBe(0);
      }
    });
  });

  it('false saves nothing for rolling, resave and saveUninitialized', async () => {
    await start({ rolling: true, resave: true, saveUninitialized: true });
    expect(await visit('/nothing/500')).toEqual(NOTHING);
    await browser.fetch('/nothing/200');
    expect(await visit('/nothing/500')).toEqual(NOTHING);
    expect(await visit('/read/500')).toEqual(NOTHING);
  });
});

describe('the option saveOnError for a response that is not one of Node', () => {
  it.each<[string, (res: ServerResponse) => unknown, string[]]>([
    ['writeHead(500)', (res) => res.writeHead(500).end(), []],
    ['statusCode 500', (res) => ((res.statusCode = 500), res.end()), []],
    ['writeHead(200)', (res) => res.writeHead(200).end(), ['create']],
    ['no status', (res) => res.end(), ['create']],
  ])('decides by its status: %s', async (_, respond, writes) => {
    const store = new CountingStore();
    const session = sessionMiddleware({ secret: SECRET, store, saveOnError: false });
    const req = createRequest({ url: '/' });
    const res = createResponse();
    await new Promise<void>((resolve) => session(req, res, () => resolve()));
    (req as unknown as SessionRequest).session['seen'] = true;
    respond(res);
    await session.close();
    expect(store.calls).toEqual(writes);
    expect(res.getHeader('set-cookie') !== undefined).toBe(writes.length > 0);
  });
});
