import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { createRequire } from 'node:module';
import { Server as SocketServer, type Socket } from 'socket.io';
import { io as connectSocket, type Socket as ClientSocket } from 'socket.io-client';
import { WebSocket, WebSocketServer } from 'ws';
import { CountingStore } from '../support/counting-store.js';
import { describeWithServer } from '../support/servers.js';
import {
  ENTRIES,
  loginPage,
  memoryStoreOf,
  passed,
  redisStoreOf,
  save,
  type AnyMiddleware,
  type Entry,
  type EntryRequest,
  type EntryStore,
} from '../support/socket-entries.js';

/** Longest wait for an event of a socket. */
const LIMIT_MS = 20_000;

/** The documented ways to give a socket.io server a session. */
const WAYS = {
  'io.engine.use(mw)': (io: SocketServer, mw: AnyMiddleware) => io.engine.use(mw),
  'io.use with {}': (io: SocketServer, mw: AnyMiddleware) =>
    io.use((socket, next) => mw(socket.request, {}, next as never)),
  'server.use with the response, if any': (server: SocketServer, mw: AnyMiddleware) =>
    server.use((socket, next) =>
      mw(socket.request, (socket.request as { res?: object }).res ?? {}, next as never),
    ),
  'io.engine.use(mw) and io.use': (io: SocketServer, mw: AnyMiddleware) => {
    io.engine.use(mw);
    io.use((socket, next) => mw(socket.request, {}, next as never));
  },
};
const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], both: ['polling', 'websocket'] };

const MATRIX = Object.keys(WAYS).flatMap((way) =>
  Object.keys(TRANSPORTS).flatMap((transport) =>
    [false, true].flatMap((rolling) =>
      [false, true].map((signedIn) => ({ way, transport, rolling, signedIn }) as Row),
    ),
  ),
);
interface Row {
  readonly way: keyof typeof WAYS;
  readonly transport: keyof typeof TRANSPORTS;
  readonly rolling: boolean;
  readonly signedIn: boolean;
}

let closing: (() => unknown)[];
beforeEach(() => void (closing = []));
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

const until = async <T>(emitter: object, event: string): Promise<T> =>
  (await once(emitter as never, event, { signal: AbortSignal.timeout(LIMIT_MS) }))[0] as T;

async function start(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await until(server, 'listening');
  closing.push(() => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    return closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function login(url: string): Promise<string> {
  const response = await fetch(`${url}/login`);
  return response.headers.getSetCookie()[0]!.split(';', 1)[0]!;
}
const show = async (url: string, cookie: string): Promise<unknown> =>
  (await fetch(url, { headers: { cookie } })).json();

function serveSocketIo(entry: Entry, mw: AnyMiddleware, way: Row['way']): [Server, SocketServer] {
  const server = createServer(loginPage(mw));
  const io = new SocketServer(server, { serveClient: false });
  closing.push(() => io.close());
  WAYS[way](io, mw);
  io.on('connection', (socket: Socket) => {
    const held = () => (socket.request as EntryRequest).session!;
    socket.on('show', (done: (userId: unknown) => void) => done(held()['userId'] ?? null));
    socket.on('note', async (note: string, isSaved: boolean, done: (result: unknown) => void) => {
      held()['note'] = note;
      done(isSaved ? await save(entry, held()) : 'not saved');
    });
  });
  return [server, io];
}

async function connected(url: string, transports: string[], cookie: string | null): Promise<ClientSocket> {
  const socket = connectSocket(url, {
    transports,
    forceNew: true,
    reconnection: false,
    ...(cookie === null ? {} : { extraHeaders: { cookie } }),
  });
  closing.push(() => socket.close());
  const failed = until<Error>(socket, 'connect_error').then((error) => Promise.reject(error));
  failed.catch(() => undefined);
  await Promise.race([until(socket, 'connect'), failed]);
  if (transports.length > 1 && socket.io.engine.transport.name === 'polling')
    await until(socket.io.engine, 'upgrade');
  return socket;
}

function describeSocketIo(entry: Entry, open: () => Promise<EntryStore>): void {
  let store: EntryStore;
  beforeAll(async () => void (store = await open()));
  afterAll(() => store.close());

  it.each(MATRIX)(
    'shares the session by $way over $transport; rolling $rolling, signed in $signedIn',
    async ({ way, transport, rolling, signedIn }) => {
      const [server] = serveSocketIo(entry, store.mount({ rolling }), way);
      const url = await start(server);
      const cookie = signedIn ? await login(url) : null;
      const socket = await connected(url, TRANSPORTS[transport], cookie);
      expect(await socket.emitWithAck('show')).toBe(signedIn ? 'u1' : null);
      expect(await socket.emitWithAck('note', 'one', false)).toBe('not saved');
      if (cookie !== null) expect(await show(url, cookie)).toEqual({ userId: 'u1', note: null });
      // A new session whose cookie can reach nobody is refused, but express-session stores it.
      const saved = signedIn || entry === 'express' ? 'saved' : 'ERR_SESSION_SENT';
      expect(await socket.emitWithAck('note', 'two', true)).toBe(saved);
      if (cookie !== null) expect(await show(url, cookie)).toEqual({ userId: 'u1', note: 'two' });
    },
  );
}

describe.each(ENTRIES)('socket.io with %s', (_, entry) => {
  describe('on a memory store', () => describeSocketIo(entry, async () => memoryStoreOf(entry)));
  describeWithServer('redis', 'on Redis', (url) => describeSocketIo(entry, () => redisStoreOf(entry, url)));

  it('gives a WebSocket handshake its Set-Cookie, and stores the new session that it names', async () => {
    const mw = memoryStoreOf(entry).mount();
    const [server, io] = serveSocketIo(entry, mw, 'io.engine.use(mw)');
    io.engine.use((req: EntryRequest, _res: unknown, next: () => void) => {
      req.session!['note'] = 'from the handshake';
      next();
    });
    const url = await start(server);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    closing.push(() => socket.terminate());
    const { headers } = await until<IncomingMessage>(socket, 'upgrade');
    const [line] = headers['set-cookie']!;
    expect(line).toMatch(/^connect\.sid=s%3A.+; HttpOnly/);
    expect(headers['set-cookie']).toHaveLength(1);
    expect(await show(url, line!.split(';', 1)[0]!)).toEqual({ userId: null, note: 'from the handshake' });
  });

  it('renews the cookie at a WebSocket handshake where rolling is set', async () => {
    const [server] = serveSocketIo(entry, memoryStoreOf(entry).mount({ rolling: true }), 'io.engine.use(mw)');
    const url = await start(server);
    const cookie = await login(url);
    const target = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(target, { headers: { cookie } });
    closing.push(() => socket.terminate());
    const { headers } = await until<IncomingMessage>(socket, 'upgrade');
    expect(headers['set-cookie']![0]).toMatch(`${cookie};`);
  });

  it('gives the first response of a polling transport its Set-Cookie', async () => {
    const mw = memoryStoreOf(entry).mount();
    const [server, io] = serveSocketIo(entry, mw, 'io.engine.use(mw)');
    io.engine.use((req: EntryRequest, _res: unknown, next: () => void) => {
      req.session!['note'] = 'from polling';
      next();
    });
    const url = await start(server);
    const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    const [line] = response.headers.getSetCookie();
    expect(await show(url, line!.split(';', 1)[0]!)).toEqual({ userId: null, note: 'from polling' });
  });
});

describe('socket.io with nest-session/http and a store that fails', () => {
  it.each(['websocket', 'polling'] as const)(
    'refuses a %s connection by connect_error',
    async (transport) => {
      const store = new CountingStore();
      const [server] = serveSocketIo('http', memoryStoreOf('http', store).mount(), 'io.use with {}');
      const url = await start(server);
      const cookie = await login(url);
      store.failing = { load: new Error('down') };
      await expect(connected(url, [transport], cookie)).rejects.toThrow('The session store failed');
      store.failing = {};
      const socket = await connected(url, [transport], cookie);
      expect(await socket.emitWithAck('show')).toBe('u1');
    },
  );

  it('completes a WebSocket handshake whose commit fails beside it', async () => {
    const store = new CountingStore();
    const [server, io] = serveSocketIo('http', memoryStoreOf('http', store).mount(), 'io.engine.use(mw)');
    io.engine.use((req: EntryRequest, _res: unknown, next: () => void) => {
      req.session!['note'] = 'never stored';
      next();
    });
    const url = await start(server);
    store.failing = { create: new Error('down') };
    const socket = await connected(url, ['websocket'], null);
    expect(await socket.emitWithAck('show')).toBeNull();
    expect(store.calls).toContain('create');
  });

  it('lets a namespace load the session again after its first load has failed', async () => {
    const store = new CountingStore();
    const mw = memoryStoreOf('http', store).mount();
    const server = createServer(loginPage(mw));
    const io = new SocketServer(server, { serveClient: false });
    closing.push(() => io.close());
    io.of('/chat').use((socket, next) => mw(socket.request, {}, next as never));
    io.of('/chat').on('connection', (socket) =>
      socket.emit('user', (socket.request as EntryRequest).session!['userId']),
    );
    const url = await start(server);
    const socket = await connected(url, ['websocket'], await login(url));
    store.failing = { load: new Error('down') };
    const chat = socket.io.socket('/chat');
    closing.push(() => chat.close());
    await until(chat, 'connect_error');
    store.failing = {};
    const user = until(chat, 'user');
    chat.disconnect().connect();
    expect(await user).toBe('u1');
  });
});

describe.each(ENTRIES)('the upgrade of ws with %s', (_, entry) => {
  it('reads and saves the session of the request', async () => {
    const mw = memoryStoreOf(entry).mount();
    const server = createServer(loginPage(mw));
    const sockets = new WebSocketServer({ noServer: true });
    closing.push(() => sockets.close());
    server.on('upgrade', (req: EntryRequest, socket: NetSocket, head: Buffer) => {
      mw(req, {}, () => {
        if (req.session!['userId'] === undefined)
          return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
        return sockets.handleUpgrade(req, socket, head, (opened) => {
          opened.on('message', (note: Buffer) => {
            req.session!['note'] = String(note);
            void save(entry, req.session!).then((result) => opened.send(String(result)));
          });
        });
      });
    });
    const url = await start(server);
    const refused = new WebSocket(url.replace('http', 'ws'));
    expect((await until<Error>(refused, 'error')).message).toContain('401');
    const cookie = await login(url);
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie } });
    closing.push(() => socket.terminate());
    await until(socket, 'open');
    socket.send('by socket');
    expect(String(await until(socket, 'message'))).toBe('saved');
    expect(await show(url, cookie)).toEqual({ userId: 'u1', note: 'by socket' });
  });
});

interface Spark {
  readonly request: EntryRequest;
  write(data: unknown): void;
}
interface PrimusServer {
  readonly Socket: new (url: string, options: object) => NodeJS.EventEmitter & { end(): void };
  use(name: string, middleware: AnyMiddleware): void;
  on(event: 'connection', listener: (spark: Spark) => void): void;
  destroy(options: object): void;
}
// Without types, and CommonJS.
const Primus = createRequire(import.meta.url)('primus') as new (
  server: Server,
  options: object,
) => PrimusServer;

describe.each(ENTRIES)('primus with %s', (_, entry) => {
  it('gets the session of the upgrade, whose response is the socket itself', async () => {
    const mw = memoryStoreOf(entry).mount();
    const server = createServer(loginPage(mw));
    const primus = new Primus(server, { transformer: 'websockets' });
    closing.push(() => primus.destroy({ close: false, timeout: 1 }));
    let response: object | undefined;
    primus.use('session', (req, res, next) => {
      response = res;
      mw(req, res, next);
    });
    primus.on('connection', (spark) => {
      spark.request.session!['note'] = 'by primus';
      void save(entry, spark.request.session!).then((result) =>
        spark.write([spark.request.session!['userId'], result]),
      );
    });
    const url = await start(server);
    const cookie = await login(url);
    const client = new primus.Socket(url, { strategy: [], transport: { headers: { cookie } } });
    closing.push(() => client.end());
    expect(await until(client, 'data')).toEqual(['u1', 'saved']);
    expect(Object.hasOwn(response!, 'write')).toBe(false);
    expect(await show(url, cookie)).toEqual({ userId: 'u1', note: 'by primus' });
  });

  it('passes the raw socket of a request that fails on with the error', async () => {
    const failing = entry === 'http' ? failingStore() : failingExpressStore();
    const mw = memoryStoreOf(entry, failing).mount();
    let result: Promise<unknown> | undefined;
    const server = createServer((_req, res) => res.end());
    server.on('upgrade', (req: IncomingMessage, socket: NetSocket) => {
      result = passed(mw, req, socket);
      void result.then(() => socket.destroy());
    });
    const url = await start(server);
    const cookie = await login(await start(createServer(loginPage(memoryStoreOf(entry).mount()))));
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie } });
    await until(socket, 'error');
    expect(await result).toMatchObject(entry === 'http' ? { status: 503 } : { message: 'down' });
  });
});

function failingStore(): CountingStore {
  const store = new CountingStore();
  store.failing = { load: new Error('down') };
  return store;
}

function failingExpressStore(): object {
  return {
    on: () => undefined,
    get: (_id: string, callback: (error: unknown) => void) => setImmediate(callback, new Error('down')),
    set: () => undefined,
    destroy: () => undefined,
  };
}
