import { session, type ExpressSessionOptions } from 'nest-session/express';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer } from '../support/http-server.js';

interface LooseRequest {
  url: string;
  session: Record<string, unknown> &
    Record<'save' | 'reload' | 'regenerate' | 'destroy', (done: (error?: unknown) => void) => void>;
}

/** A store without a base class that returns promises. */
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

describe('session() with a store that returns promises and has no base class', () => {
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

  it('passes a rejected load to next, and a rejected save after the response', async () => {
    const browser = await serve();
    await browser.fetch('/set');
    store.get = async () => {
      throw new Error('down');
    };
    expect((await browser.fetch('/')).status).toBe(500);
  });
});

describe('session() with a store whose touch writes the whole session later', () => {
  class TouchingStore {
    readonly texts = new Map<string, string>();
    /** Continues the touch that has started. */
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
  let called: () => void = () => undefined;
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
        if (req.url !== '/') setImmediate(() => called());
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
    const handled = new Promise<void>((resolve) => (called = resolve));
    const other = browser.clone().fetch(path);
    await handled;
    release();
    await Promise.all([reading, other]);
  };

  it('does not restore a session that was destroyed during a touch (W6)', async () => {
    const browser = new Browser(running.url);
    await browser.fetch('/set');
    await whileTouching(browser, '/destroy');
    expect(store.texts.size).toBe(0);
  });

  it('does not undo a save during a touch (W6)', async () => {
    const browser = new Browser(running.url);
    await browser.fetch('/set');
    await whileTouching(browser, '/set');
    const [text] = store.texts.values();
    expect(JSON.parse(text!)).toMatchObject({ n: 2 });
  });

  it('waits with a reload for a save that is running', async () => {
    const browser = new Browser(running.url);
    await browser.fetch('/set');
    store.began = () => store.release!();
    const reloaded = browser.fetch('/reload');
    expect(await (await reloaded).json()).toEqual({ n: 1, seen: true });
  });
});
