import { Logger, type INestApplication } from '@nestjs/common';
import { SessionRegistry } from 'nest-session';
import passport from 'passport';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';

const form = (password: string): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams({ username: 'ada', password }),
});
const RIGHT = form('analytical-engine');
const statusOf = async (browser: Browser, path: string, init?: RequestInit): Promise<number> =>
  (await browser.fetch(path, init)).status;

beforeAll(() => {
  process.env['SESSION_SECRET'] = SECRET;
  Logger.overrideLogger(false);
});

describe.each(ADAPTERS)('the recipe for passport.session() on %s', (name, makeAdapter) => {
  let app: INestApplication;
  let browser: Browser;
  beforeEach(async () => {
    const { createApp } = await import('./passport-session/app.js');
    app = await createApp(makeAdapter() as never);
    app.use('/who', (req: { user?: object }, res: { end(text: string): void }) =>
      res.end(JSON.stringify(req.user ?? null)),
    );
    await app.listen(0, '127.0.0.1');
    browser = new Browser(await app.getUrl());
  });
  afterEach(() => app.close());

  it('sets req.user, gives the login a new id, and the registry lists it (S-9)', async () => {
    expect(await browser.get('/who')).toBeNull();
    expect(await statusOf(browser, '/login', form('guess'))).toBe(401);
    expect(await statusOf(browser, '/login', RIGHT)).toBe(201);
    expect(await browser.get('/who')).toEqual({ id: 'u1' });
    const first = browser.clone();
    expect(await statusOf(browser, '/login', RIGHT)).toBe(201);
    expect(await first.get('/who')).toBeNull();
    expect(await app.get(SessionRegistry).list('u1')).toHaveLength(1);
    await app.get(SessionRegistry).revokeAll('u1');
    expect(await browser.get('/who')).toBeNull();
  });

  it('sets req.user on the request of Express, and on Fastify on req.raw only', async () => {
    await app.close();
    const { createApp } = await import('./passport-session/app.js');
    app = await createApp(makeAdapter() as never);
    type Req = { user?: object; raw?: { user?: object } };
    const adapter = app.getHttpAdapter();
    adapter.get('/users', (req: Req, res: { send(body: unknown): void }) =>
      res.send({ own: req.user ?? null, raw: req.raw?.user ?? null }),
    );
    await app.listen(0, '127.0.0.1');
    browser = new Browser(await app.getUrl());
    await browser.fetch('/login', RIGHT);
    const user = { id: 'u1' };
    expect(await browser.get('/users')).toEqual(
      name === 'express' ? { own: user, raw: null } : { own: null, raw: user },
    );
  });
});

describe.each(ADAPTERS)('passport.authenticate() as middleware of main.ts on %s', (name, makeAdapter) => {
  it('finds no body, and only Express has the redirects of its options', async () => {
    const { createApp } = await import('./passport-session/app.js');
    const app = await createApp(makeAdapter() as never);
    app.use('/plain', passport.authenticate('local'));
    app.use('/redirect', passport.authenticate('local', { failureRedirect: '/failed' }));
    await app.listen(0, '127.0.0.1');
    const browser = new Browser(await app.getUrl());
    try {
      expect(await statusOf(browser, '/plain', RIGHT)).toBe(400);
      expect(await statusOf(browser, '/redirect', RIGHT)).toBe(name === 'express' ? 302 : 500);
    } finally {
      await app.close();
    }
  });
});
