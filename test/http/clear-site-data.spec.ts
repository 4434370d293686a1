import type { ServerResponse } from 'node:http';
import { sessionMiddleware, SessionError, type SessionOptions } from 'nest-session/http';
import { clearSiteData, clearSiteDataOf } from '../../lib/http/clear-site-data.js';
import { Browser } from '../support/browser.js';
import { FRAMEWORKS } from '../support/frameworks.js';
import type { RunningServer, SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

describe('the value of Clear-Site-Data', () => {
  it.each<[SessionOptions['clearSiteData'], string | null]>([
    [undefined, null],
    [true, '"cache", "cookies", "storage"'],
    [['storage'], '"storage"'],
    [['cache', 'executionContexts', 'clientHints', 'cache'], '"cache", "executionContexts", "clientHints"'],
    [['*'], '"*"'],
  ])('for %p is %s', (option, value) => {
    expect(clearSiteDataOf(option)).toBe(value);
  });

  it('is not added to a header of the application', () => {
    const headers = new Map<string, unknown>([['Clear-Site-Data', '"cache"']]);
    const res = {
      getHeader: (name: string) => headers.get(name),
      setHeader: (name: string, value: unknown) => headers.set(name, value),
    } as never;
    clearSiteData(res, '"*"');
    expect(headers.get('Clear-Site-Data')).toBe('"cache"');
    headers.clear();
    clearSiteData(res, '"*"');
    expect(headers.get('Clear-Site-Data')).toBe('"*"');
  });

  it.each<[unknown, string]>([
    [false, 'false'],
    ['cookies', 'a string'],
    [[], 'an array of 0'],
    [['cookie'], 'an array of 1'],
    [{}, 'an object'],
  ])('is refused at startup for %p', (clearSiteData_, shown) => {
    const start = (): unknown => sessionMiddleware({ secret: SECRET, clearSiteData: clearSiteData_ as true });
    expect(start).toThrow(SessionError);
    expect(start).toThrow(new RegExp(`The option clearSiteData must be true or an array .*, got ${shown}`));
  });
});

describe.each(FRAMEWORKS)('the option clearSiteData on %s', (_, serve) => {
  let running: RunningServer;
  const handler = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    if (req.url === '/login') await session.login('u1');
    if (req.url === '/logout' || req.url === '/logout-own') await session.destroy();
    if (req.url === '/logout-own') res.setHeader('clear-site-data', '"cache"');
    if (req.url === '/release') (req as { session: unknown }).session = null;
    if (req.url === '/regenerate') await session.regenerate();
    if (req.url === '/login-again') {
      await session.destroy();
      await session.login('u1');
    }
    res.end('{}');
  };
  const start = async (options: Partial<SessionOptions>): Promise<Browser> => {
    const given = { secret: SECRET, proxy: true, cookie: { secure: 'auto' as const }, ...options };
    running = await serve(sessionMiddleware(given), handler);
    return new Browser(running.url);
  };
  const SECURE = { headers: { 'X-Forwarded-Proto': 'https' } };
  const headerOf = async (
    browser: Browser,
    path: string,
    init: RequestInit = SECURE,
  ): Promise<string | null> => (await browser.fetch(path, init)).headers.get('clear-site-data');
  afterEach(() => running.close());

  it('sends the header with a logout, and with no other response (S-49)', async () => {
    const browser = await start({ clearSiteData: true });
    expect(await headerOf(browser, '/login')).toBeNull();
    expect(await headerOf(browser, '/')).toBeNull();
    expect(await headerOf(browser, '/regenerate')).toBeNull();
    expect(await headerOf(browser, '/login-again')).toBeNull();
    expect(await headerOf(browser, '/release')).toBeNull();
    expect(await headerOf(browser, '/logout')).toBe('"cache", "cookies", "storage"');
    expect(browser.jar.size).toBe(0);
    expect(await headerOf(browser, '/logout')).toBeNull();
  });

  it('sends it where req.session = null destroys', async () => {
    const browser = await start({ clearSiteData: ['storage'], unset: 'destroy' });
    await browser.fetch('/login', SECURE);
    expect(await headerOf(browser, '/release')).toBe('"storage"');
  });

  it('sends none over an insecure connection, and none without the option', async () => {
    const browser = await start({ clearSiteData: true });
    await browser.fetch('/login');
    expect(await headerOf(browser, '/logout', {})).toBeNull();
    await running.close();
    const without = await start({});
    await without.fetch('/login', SECURE);
    expect(await headerOf(without, '/logout')).toBeNull();
  });

  it('keeps the header of the application', async () => {
    const browser = await start({ clearSiteData: true });
    await browser.fetch('/login', SECURE);
    expect(await headerOf(browser, '/logout-own')).toBe('"cache"');
  });
});
