import { once } from 'node:events';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runInNewContext } from 'node:vm';
import compression from 'compression';
import { session as expressSession } from 'nest-session/express';
import { getSession, sessionMiddleware, type Next } from 'nest-session/http';
import { jest } from '@jest/globals';
import { MemorySessionStore } from 'nest-session';
import { CountingStore } from '../../support/counting-store.js';
import { listen, listening, type RunningServer, type SessionRequest } from '../../support/http-server.js';
import { rawRequest } from '../../support/raw-request.js';
import { SECRET } from '../../support/secret.js';

type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;
type SessionHandler = (req: SessionRequest, res: ServerResponse) => unknown;

let running: RunningServer;
afterEach(() => running.close());

const serve = async (middleware: Middleware, handler: SessionHandler): Promise<string> => {
  const listener: RequestListener = (req, res) =>
    middleware(req, res, (error) => {
      if (error === undefined) return void handler(req as SessionRequest, res);
      res.statusCode = (error as { status?: number }).status ?? 500;
      res.end('failed');
    });
  running = await listen(listener);
  return running.url;
};

/** Four times the high-water mark of a response. */
const CHUNK = Buffer.alloc(4 * 65_536, 'x');
const CHUNKS = 8;

describe.each([
  ['nest-session/http', () => sessionMiddleware({ secret: SECRET, store: new CountingStore() })],
  ['nest-session/express', () => expressSession({ secret: SECRET, resave: false, saveUninitialized: false })],
])('a stream above the high-water mark during the commit of %s', (_, makeMiddleware) => {
  it.each<[string, (res: ServerResponse) => unknown]>([
    ['pipe()', (res) => Readable.from(Array.from({ length: CHUNKS }, () => CHUNK)).pipe(res)],
    [
      'pipeline() of an async generator',
      (res) =>
        pipeline(async function* () {
          for (let sent = 0; sent < CHUNKS; sent++) yield CHUNK;
        }, res),
    ],
    [
      'a loop that waits for drain',
      async (res) => {
        for (let sent = 0; sent < CHUNKS; sent++) if (!res.write(CHUNK)) await once(res, 'drain');
        res.end();
      },
    ],
    [
      'a loop that waits for drain before the session is saved, and writes a small chunk first',
      async (res) => {
        res.write('x');
        for (let sent = 0; sent < CHUNKS; sent++) if (!res.write(CHUNK)) await once(res, 'drain');
        res.end(CHUNK.subarray(1));
      },
    ],
  ])('is complete with %s', async (form, send) => {
    const url = await serve(makeMiddleware(), (req, res) => {
      req.session['n'] = 1;
      return send(res);
    });
    const response = await fetch(url);
    const body = await response.arrayBuffer();
    expect(body.byteLength).toBe((form.includes('small') ? CHUNKS + 1 : CHUNKS) * CHUNK.length);
    expect(response.headers.getSetCookie()).toHaveLength(1);
  });

  it('sets writableNeedDrain while a write is held', async () => {
    const seen: unknown[] = [];
    const url = await serve(makeMiddleware(), async (req, res) => {
      req.session['n'] = 1;
      seen.push(res.writableNeedDrain, res.write('one,'), res.writableNeedDrain);
      await once(res, 'drain');
      seen.push(res.writableNeedDrain, Object.hasOwn(res, 'writableNeedDrain'));
      res.end('two');
    });
    expect(await (await fetch(url)).text()).toBe('one,two');
    expect(seen).toEqual([false, false, true, false, false]);
  });
});

it('calls a drain listener that removes itself once', async () => {
  let calls = 0;
  const url = await serve(sessionMiddleware({ secret: SECRET, store: new CountingStore() }), (req, res) => {
    req.session['n'] = 1;
    res.write('small');
    const onDrain = (): void => {
      calls++;
      res.off('drain', onDrain);
      // Large enough for a drain of the response itself.
      setImmediate(() => res.write(CHUNK, () => setImmediate(() => res.end())));
    };
    res.on('drain', onDrain);
  });
  const response = await fetch(url);
  expect((await response.arrayBuffer()).byteLength).toBe('small'.length + CHUNK.length);
  expect(calls).toBe(1);
});

it('can pipe an error page after the writes of a response were dropped', async () => {
  const store = new CountingStore();
  store.failing = { create: new Error('down') };
  const session = sessionMiddleware({ secret: SECRET, store });
  running = await listen((req, res) =>
    session(req, res, (error) => {
      if (error !== undefined) {
        res.statusCode = 503;
        return void Readable.from([CHUNK, CHUNK]).pipe(res);
      }
      (req as SessionRequest).session['n'] = 1;
      res.write('taken');
      res.end('back');
    }),
  );
  const response = await fetch(running.url);
  expect(response.status).toBe(503);
  expect((await response.arrayBuffer()).byteLength).toBe(2 * CHUNK.length);
});

it('keeps no-transform, so that compression does not buffer an event stream', async () => {
  const session = sessionMiddleware({ secret: SECRET, store: new CountingStore() });
  const compress = compression({ threshold: 0 }) as Middleware;
  let finish!: () => void;
  const url = await serve(
    (req, res, next) => compress(req, res, () => session(req, res, next)),
    (req, res) => {
      req.session['n'] = 1;
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform' });
      res.write('data: one\n\n');
      finish = () => res.end();
    },
  );
  const response = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  const { value } = (await response.body!.getReader().read()) as { value: Uint8Array };
  expect(Buffer.from(value).toString()).toBe('data: one\n\n');
  expect(response.headers.get('content-encoding')).toBeNull();
  finish();
});

it('does not store a second session that changes after the first byte: its cookie cannot be sent', async () => {
  const [store, adminStore] = [new CountingStore(), new CountingStore()];
  const session = sessionMiddleware({ secret: SECRET, store });
  const admin = sessionMiddleware({
    secret: SECRET,
    store: adminStore,
    sessionName: 'admin',
    name: 'admin.sid',
  });
  const url = await serve(
    (req, res, next) => session(req, res, () => admin(req, res, next)),
    (req, res) => {
      req.session['n'] = 1;
      res.write('first,');
      getSession(req, 'admin')!['n'] = 1;
      res.end('last');
    },
  );
  const response = await fetch(url);
  expect(await response.text()).toBe('first,last');
  expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['connect.sid']);
  expect([store.calls, adminStore.calls]).toEqual([['create'], []]);
});

it.each([true, false])(
  'ignores a status that is set after the head, as Node does; session changed: %s',
  async (changes) => {
    const url = await serve(sessionMiddleware({ secret: SECRET, store: new CountingStore() }), (req, res) => {
      if (changes) req.session['n'] = 1;
      res.write('one,');
      res.statusCode = 0;
      res.write('two,');
      res.end('three');
    });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, 'one,two,three']);
  },
);

it('sends a Uint8Array of another realm', async () => {
  const url = await serve(sessionMiddleware({ secret: SECRET, store: new CountingStore() }), (req, res) => {
    req.session['n'] = 1;
    res.end(runInNewContext('new Uint8Array([111, 107])') as Uint8Array);
  });
  expect(await (await fetch(url)).text()).toBe('ok');
});

it("restores the response's own header methods after it was held on HTTP/2", async () => {
  const session = sessionMiddleware({ secret: SECRET, store: new CountingStore() });
  const set: string[] = [];
  let restored: unknown;
  const server = createHttp2Server((request, response) => {
    const [req, res] = [request, response] as unknown[] as [SessionRequest, ServerResponse];
    const { setHeader } = res;
    const own = (name: string, value: string): ServerResponse => (
      set.push(name),
      setHeader.call(res, name, value)
    );
    res.setHeader = own;
    session(req, res, () => {
      req.session['n'] = 1;
      res.write('held');
      res.once('drain', () => {
        restored = res.setHeader === own && !Object.hasOwn(res, 'removeHeader');
        res.end();
      });
    });
  });
  running = await listening(server as never);
  const client = connect(running.url);
  try {
    const stream = client.request({ ':path': '/' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    await once(stream, 'end');
    expect([restored, headers['set-cookie'] !== undefined]).toEqual([true, true]);
    expect(set).toContain('Set-Cookie');
  } finally {
    client.close();
  }
});

it('deletes the old id of a session that is regenerated after its client has left, and sends nothing', async () => {
  let abort = (): void => undefined;
  let regenerated!: () => void;
  const done = new Promise<void>((resolve) => (regenerated = resolve));
  const url = await serve(sessionMiddleware({ secret: SECRET, store: new CountingStore() }), (req, res) => {
    if (req.url === '/seed') req.session['role'] = 'admin';
    if (req.url !== '/silent') return res.end(String(req.session['role']));
    res.once('close', () => {
      void req.session.regenerate({ keep: 'all' }).then(() => setImmediate(regenerated));
    });
    return abort();
  });
  const seeded = await fetch(`${url}/seed`);
  const [cookie] = seeded.headers.getSetCookie()[0]!.split(';');
  const request = rawRequest(url, '/silent', { cookie: cookie! });
  abort = request.abort;
  await done;
  const thief = await fetch(`${url}/data`, { headers: { Cookie: cookie! } });
  expect(await thief.text()).toBe('undefined');
});

describe('a new session of a client that left before the response', () => {
  const CLIENTS = 1000;

  /** Sends a request for each client, which leaves when the server calls the function that `left` gets. */
  const abortAll = async (url: string, left: (abort: () => void) => void): Promise<void> => {
    for (let sent = 0; sent < CLIENTS; sent++) {
      const request = rawRequest(url, '/');
      left(request.abort);
      await request.answer;
    }
  };

  it.each<[string, (res: ServerResponse) => unknown]>([
    ['end()', (res) => res.end('late')],
    ['a stream', (res) => Readable.from(['one', 'two']).pipe(res)],
    ['no output', () => undefined],
  ])('is not stored, for 1000 of them: %s', async (_, send) => {
    const store = new MemorySessionStore();
    let handled = 0;
    let abort: () => void;
    let allHandled!: () => void;
    const done = new Promise<void>((resolve) => (allHandled = resolve));
    const create = jest.spyOn(store, 'create');
    const url = await serve(sessionMiddleware({ secret: SECRET, store }), (req, res) => {
      req.session['n'] = 1;
      res.once('close', () => {
        send(res);
        if (++handled === CLIENTS) setImmediate(allHandled);
      });
      abort();
    });
    await abortAll(url, (one) => (abort = one));
    await done;
    expect(create).not.toHaveBeenCalled();
  });

  it.each([
    ['nest-session/http', 'sessionMiddleware'],
    ['nest-session/express', 'expressSession'],
  ])('is deleted if the client left during the commit: %s', async (name) => {
    const calls: string[] = [];
    let release!: () => void;
    let removed!: () => void;
    const gone = new Promise<void>((resolve) => (removed = resolve));
    let abort = (): void => undefined;
    const store = new CountingStore();
    store.beforeWrite = () => {
      if (store.calls.at(-1) === 'delete') removed();
      return store.calls.at(-1) === 'create'
        ? new Promise((done) => ((release = done), abort()))
        : Promise.resolve();
    };
    class Store extends expressSession.MemoryStore {
      override set(id: string, session: never, callback?: (error?: unknown) => void): void {
        calls.push('set');
        release = () => super.set(id, session, callback);
        abort();
      }
      override destroy(id: string, callback?: (error?: unknown) => void): void {
        calls.push('destroy');
        super.destroy(id, callback);
        removed();
      }
    }
    const foreign = new Store();
    const middleware: Middleware =
      name === 'nest-session/http'
        ? sessionMiddleware({ secret: SECRET, store })
        : expressSession({ secret: SECRET, resave: false, saveUninitialized: false, store: foreign });
    const url = await serve(middleware, (req, res) => {
      req.session['n'] = 1;
      res.once('close', () => release());
      res.end('late');
    });
    const request = rawRequest(url, '/');
    abort = request.abort;
    await gone;
    expect(name === 'nest-session/http' ? store.calls : calls).toEqual(
      name === 'nest-session/http' ? ['create', 'delete'] : ['set', 'destroy'],
    );
  });

  it.each(['nest-session/http', 'nest-session/express'])(
    'does not end the process if the store throws when it deletes it: %s',
    async (name) => {
      // Jest fails this test for an unhandled rejection or error.
      let abort = (): void => undefined;
      let release!: () => void;
      let thrown!: () => void;
      const asked = new Promise<void>((resolve) => (thrown = resolve));
      const refuse = (): never => {
        // After all consequences of this error.
        setImmediate(() => setImmediate(thrown));
        throw new Error('down');
      };
      const store = new CountingStore();
      store.beforeWrite = () => new Promise((done) => ((release = done), abort()));
      store.delete = refuse;
      class Store extends expressSession.MemoryStore {
        override set(id: string, session: never, callback?: (error?: unknown) => void): void {
          release = () => super.set(id, session, callback);
          abort();
        }
        override destroy = refuse;
      }
      const options = { secret: SECRET, resave: false, saveUninitialized: false };
      const middleware: Middleware =
        name === 'nest-session/http'
          ? sessionMiddleware({ secret: SECRET, store })
          : expressSession({ ...options, store: new Store() });
      const url = await serve(middleware, (req, res) => {
        req.session['n'] = 1;
        res.once('close', () => release());
        res.end('late');
      });
      const request = rawRequest(url, '/');
      abort = request.abort;
      await asked;
    },
  );
});

describe.each([
  ['nest-session/http', () => sessionMiddleware({ secret: SECRET, store: new CountingStore() })],
  ['nest-session/express', () => expressSession({ secret: SECRET, resave: false, saveUninitialized: false })],
])('a response that is ended again during the commit of %s', (_, makeMiddleware) => {
  it('is that of the first end', async () => {
    const url = await serve(makeMiddleware(), (req, res) => {
      (req.session as unknown as Record<string, unknown>)['user'] = {
        toJSON: () => {
          res.end('second');
          return 1;
        },
      };
      res.end('first');
    });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, 'first']);
  });
});
