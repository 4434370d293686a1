import type { Express, Request } from 'express';
import { getSession, loadSession, sessionMiddleware, type SessionOptions } from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { EXPRESS_VERSIONS } from '../support/express-apps.js';
import { listen, type RunningServer } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

/** The first request lets the server prepare those that follow: each test asks twice. */
const TIMES = [1, 2];

describe.each(EXPRESS_VERSIONS)('a request of %s', (_, make) => {
  let app: Express;
  let running: RunningServer;
  beforeEach(() => void (app = make()));
  afterEach(() => running.close());

  const open = async (options: Partial<SessionOptions> = {}): Promise<Browser> => {
    app.use(sessionMiddleware({ secret: SECRET, store: new CountingStore(), ...options }) as never);
    return new Browser('');
  };
  const start = async (): Promise<Browser> => {
    app.use(((
      error: Error,
      _req: unknown,
      res: { status(code: number): { send(text: string): void } },
      _next: unknown,
    ) => res.status(500).send(error.message)) as never);
    running = await listen(app as never);
    return new Browser(running.url);
  };

  it.each([
    ['a text', 'the body'],
    ['a buffer', Buffer.from('the body')],
    ['an object', {}],
    ['null', null],
    ['undefined', undefined],
  ])('has its session if it has an own property raw: %s', async (_name, raw) => {
    await open();
    app.get('/', async (req, res) => {
      Object.assign(req, { raw });
      const session = getSession(req as never)!;
      session['visits'] = Number(session['visits'] ?? 0) + 1;
      res.json({ visits: session['visits'], same: (await loadSession(req as never)) === session });
    });
    const browser = await start();
    for (const visits of TIMES) expect(await browser.get('/')).toEqual({ visits, same: true });
  });

  it('without a session throws for any property raw', async () => {
    app.get('/', (req, res) => {
      Object.assign(req, { raw: 'the body' });
      res.json(getSession(req as never));
    });
    const browser = await start();
    expect(await (await browser.fetch('/')).text()).toContain('No session middleware ran');
  });

  it('can be spread and enumerated while its session is not loaded, with load: "lazy"', async () => {
    const store = new CountingStore();
    await open({ load: 'lazy', store });
    app.get('/login', (req, res) => {
      (req as Request & { session: Record<string, unknown> }).session['userId'] = 'u1';
      res.json({});
    });
    app.get('/', async (req, res) => {
      const copies = [{ ...req }, Object.assign({}, req), Object.fromEntries(Object.entries(req))];
      const names: string[] = [];
      for (const name in req) names.push(name);
      res.json({
        copied: copies.map((copy) => 'session' in copy),
        named: names.includes('session'),
        userId: (await loadSession(req as never))!['userId'],
        after: { ...req }.url,
      });
    });
    const browser = await start();
    await browser.fetch('/login');
    const expected = { copied: [false, false, false], named: false, userId: 'u1', after: '/' };
    for (const _time of TIMES) expect(await browser.get('/')).toEqual(expected);
  });

  it('enumerates its session if it is loaded before the handler', async () => {
    await open();
    app.get('/', (req, res) =>
      res.json({ session: Object.keys(req).includes('session'), has: 'session' in { ...req } }),
    );
    const browser = await start();
    for (const _time of TIMES) expect(await browser.get('/')).toEqual({ session: true, has: true });
  });
});
