import { session, type ExpressSessionOptions } from 'nest-session/express';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer } from '../support/http-server.js';

interface LooseRequest {
  url: string;
  session: Record<string, unknown> &
    Record<'save' | 'reload' | 'regenerate' | 'destroy', (done: (error?: unknown) => void) => void>;
}

/** Stores of no base class, which answer by promises alone or at once. */
class PromiseStore {
  readonly texts = new Map<string, string>();
  readonly calls: string[] = [];
  async get(id: string): Promise<unknown> {
    this.calls.push('get');
    const text = this.texts.get(id);
    return text === undefined ? null : (JSON.parse(text) as unknown);
  }
  async set(id: string, stored: unknown): Promise<void> {
    this.calls.push('set');
    this.texts.set(id, JSON.stringify(stored));
  }
  async destroy(id: string): Promise<void> {
    this.calls.push('destroy');
    this.texts.delete(id);
  }
  async touch(): Promise<void> {
    this.calls.push('touch');
  }
}

describe('session() with a store that answers by promises and has no base class', () => {
  let running: RunningServer;
  let store: PromiseStore;
  afterEach(() => running.close());

  const serve = async (options: ExpressSessionOptions = {}): Promise<Browser> => {
    store = new PromiseStore();
    const middleware = session({
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      store,
      ...options,
    });
    running = await listen((raw, res) =>
      middleware(raw, res, (error) => {
        const req = raw as unknown as LooseRequest;
        const done = (failed?: unknown): void => {
          res.statusCode = failed ? 500 : 200;
          res.end(failed ? 'failed' : JSON.stringify({ ...req.session, cookie: undefined }));
        };
        if (error) return done(error);
        if (req.url === '/set') req.session['n'] = 1;
        if (req.url === '/regenerate') return req.session.regenerate(done);
        if (req.url === '/save') return req.session.save(done);
        if (req.url === '/reload') return req.session.reload(done);
        if (req.url === '/destroy') return req.session.destroy(done);
        done();
      }),
    );
    return new Browser(running.url);
  };

  it('keeps, reloads, touches, regenerates and destroys sessions', async () => {
    const browser = await serve();
    await browser.fetch('/set');
    expect(await browser.get('/')).toEqual({ n: 1 });
    expect(await browser.get('/reload')).toEqual({ n: 1 });
    expect(await browser.get('/save')).toEqual({ n: 1 });
    const before = browser.clone();
    expect(await browser.get('/regenerate')).toEqual({});
    expect(await before.get('/')).toEqual({});
    await browser.fetch('/destroy');
    expect(store.texts.size).toBe(0);
    expect(new Set(store.calls)).toEqual(new Set(['get', 'set', 'touch', 'destroy']));
  });

  it('hears when it rejects: of a load at once, of a save after the answer', async () => {
    const browser = await serve();
    await browser.fetch('/set');
    store.get = async () => {
      throw new Error('down');
    };
    expect((await browser.fetch('/')).status).toBe(500);
  });
});
