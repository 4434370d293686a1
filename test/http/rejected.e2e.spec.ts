import { sessionMiddleware, type SessionEvent, type SessionMiddlewareOptions } from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

describe('the event rejected', () => {
  let running: RunningServer;
  let events: SessionEvent[];
  const reasons = (): string[] =>
    events.map((event) => (event.type === 'rejected' ? event.reason : event.type));

  const serve = async (options: Partial<SessionMiddlewareOptions> = {}): Promise<Browser> => {
    events = [];
    const onEvent = (event: SessionEvent): void => void events.push(event);
    const session = sessionMiddleware({ secret: SECRET, onEvent, ...options });
    running = await listen((req, res) => {
      session(req, res, () => {
        if (req.url === '/touch') (req as SessionRequest).session['n'] = 1;
        res.end('ok');
      });
    });
    return new Browser(running.url);
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  afterEach(() => running.close());

  it.each(['s:forged-id-of-24-characters.signature', 'not signed', ''])(
    'has the reason bad-signature for the cookie value %p',
    async (value) => {
      const browser = await serve({ sessionName: 'admin' });
      browser.jar.set('connect.sid', encodeURIComponent(value));
      await browser.fetch('/');
      await turn();
      expect(events).toEqual([
        {
          type: 'rejected',
          reason: 'bad-signature',
          handles: [],
          sessionName: 'admin',
          at: expect.any(Number) as number,
        },
      ]);
    },
  );

  it('is not emitted without a cookie, and not for a live session', async () => {
    const browser = await serve();
    await browser.fetch('/touch');
    await browser.fetch('/touch');
    await turn();
    expect(reasons().filter((reason) => reason !== 'created')).toEqual([]);
  });

  it('is emitted for a lazy session when it is loaded', async () => {
    const browser = await serve({ load: 'lazy' });
    browser.jar.set('connect.sid', 'forged');
    await browser.fetch('/');
    await turn();
    expect(reasons()).toEqual([]);
    browser.jar.set('connect.sid', 'forged');
    await browser.fetch('/touch');
    await turn();
    expect(reasons().filter((reason) => reason !== 'created')).toEqual(['bad-signature']);
  });
});
