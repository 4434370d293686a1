import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import compression from 'compression';
import { session as expressSession } from 'nest-session/express';
import { sessionMiddleware, type Next } from 'nest-session/http';
import { CountingStore } from '../support/counting-store.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

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
])('a stream above the high-water mark, while its session is saved by %s', (_, makeMiddleware) => {
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
  ])('arrives whole from %s', async (form, send) => {
    const url = await serve(makeMiddleware(), (req, res) => {
      req.session['n'] = 1;
      return send(res);
    });
    const response = await fetch(url);
    const body = await response.arrayBuffer();
    expect(body.byteLength).toBe((form.includes('small') ? CHUNKS + 1 : CHUNKS) * CHUNK.length);
    expect(response.headers.getSetCookie()).toHaveLength(1);
  });

  it('says by writableNeedDrain that a held write must be waited for', async () => {
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

it('lets an error page be piped after the writes of a response were taken back', async () => {
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
  const { value } = await response.body!.getReader().read();
  expect(Buffer.from(value as Uint8Array).toString()).toBe('data: one\n\n');
  expect(response.headers.get('content-encoding')).toBeNull();
  finish();
});
