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

describe('session() with a store whose touch writes the whole session again, some time later', () => {
  class TouchingStore {
    readonly texts = new Map<string, string>();
    /** Lets the touch that has begun go on. */
    release: (() => void) | null = null;
    began: () => void = () => undefined;
    get(id: string, callback: (error: null, found: unknown) => void) {
      const text = this.texts.get(id);
      setImmediate(callback, null, text === undefined ? null : JSON.parse(text));
    }
    set(id: string, stored: unknown, callback: () => void) {
      this.texts.set(id, JSON.stringify(stored));
      setImmediate(callback);
    }
    destroy(id: string, callback: () => void) {
      this.texts.delete(id);
      setImmediate(callback);
    }
    touch(id: string, _stored: unknown, callback: () => void) {
      const text = this.texts.get(id)!;
      this.release = () => {
        this.release = null;
        this.texts.set(id, text);
        setImmediate(callback);
      };
      this.began();
    }
  }

  let running: RunningServer;
  let store: TouchingStore;
  let asked: () => void = () => undefined;
  afterEach(() => running.close());

  beforeEach(async () => {
    store = new TouchingStore();
    const middleware = session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store });
    running = await listen((raw, res) =>
      middleware(raw, res, () => {
        const req = raw as unknown as LooseRequest;
        const done = (): void => void res.end(JSON.stringify({ ...req.session, cookie: undefined }));
        if (req.url === '/set') req.session['n'] = Number(req.session['n'] ?? 0) + 1;
        if (req.url === '/reload') req.session['seen'] = true;
        if (req.url === '/reload') req.session.save(() => undefined);
        if (req.url === '/reload') return req.session.reload(done);
        if (req.url !== '/') setImmediate(() => asked());
        if (req.url !== '/destroy') return done();
        req.session.destroy(done);
      }),
    );
  });

  const whileTouching = async (browser: Browser, path: string): Promise<void> => {
    const began = new Promise<void>((resolve) => (store.began = resolve));
    const reading = browser.clone().fetch('/');
    await began;
    const release = store.release!;
    const handled = new Promise<void>((resolve) => (asked = resolve));
    const other = browser.clone().fetch(path);
    await handled;
    release();
    await Promise.all([reading, other]);
  };

  it('does not bring a session back that was destroyed while it was touched (W6)', async () => {
    const browser = new Browser(running.url);
    await browser.fetch('/set');
    await whileTouching(browser, '/destroy');
    expect(store.texts.size).toBe(0);
  });

  it('does not undo what was saved while it was touched (W6)', async () => {
    const browser = new Browser(running.url);
    await browser.fetch('/set');
    await whileTouching(browser, '/set');
    const [text] = store.texts.values();
    expect(JSON.parse(text!)).toMatchObject({ n: 2 });
  });

  it('reloads what a save stores that nobody waited for', async () => {
    const browser = new Browser(running.url);
    await browser.fetch('/set');
    store.began = () => store.release!();
    const reloaded = browser.fetch('/reload');
    expect(await (await reloaded).json()).toEqual({ n: 1, seen: true });
  });
});
