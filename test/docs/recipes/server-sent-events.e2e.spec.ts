import { EventSource } from 'eventsource';
import { ADAPTERS, startApp } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';

beforeAll(() => {
  process.env['SESSION_SECRET'] = SECRET;
});

describe.each(ADAPTERS)('the recipe for server-sent events on %s', (_, makeAdapter) => {
  it('shows the news of the user, and learns that the user has signed out (S-42)', async () => {
    const { AppModule } = await import('./server-sent-events/app.module.js');
    const { app, url } = await startApp(makeAdapter, { imports: [AppModule] });
    const browser = new Browser(url);
    await browser.post('/login', { user: 'ada' });
    const { cookie } = browser;
    /** The browser sends the cookie. */
    class WithCookie extends EventSource {
      constructor(at: string | URL) {
        super(at, {
          fetch: (to, init) => fetch(to, { ...init, headers: { ...init.headers, cookie: cookie! } }),
        });
      }
    }
    (globalThis as { EventSource?: unknown }).EventSource = WithCookie;
    const { showNews } = await import('./server-sent-events/page.js');
    const shown: string[] = [];
    let onNews!: () => void;
    const news = new Promise<void>((resolve) => (onNews = resolve));
    let source!: { addEventListener(type: 'open', listener: () => void): void };
    const signedOut = new Promise<void>((resolve) => {
      const show = (text: string): void => {
        shown.push(text);
        onNews();
      };
      source = showNews(`${url}/news`, show, resolve);
    });
    try {
      await new Promise<void>((resolve) => source.addEventListener('open', resolve));
      await browser.post('/news', { to: 'grace', text: 'not for ada' });
      await browser.post('/news', { to: 'ada', text: 'hello' });
      await news;
      await browser.post('/logout', {});
      await signedOut;
      expect(shown).toEqual(['hello']);
    } finally {
      await app.close();
    }
  }, 30_000);
});
