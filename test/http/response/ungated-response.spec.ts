import { EventEmitter } from 'node:events';
import { ServerResponse, type IncomingMessage } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import { createResponse } from 'node-mocks-http';
import { sessionMiddleware, type SessionEvent, type UserSession } from 'nest-session/http';
import { isNodeResponse } from '../../../lib/http/response/ungated-response.js';
import { CountingStore } from '../../support/counting-store.js';
import { SECRET } from '../../support/secret.js';
import {
  ENTRIES,
  loggedIn,
  memoryStoreOf,
  passed,
  request,
  save,
  UpgradeResponse,
  type AnyMiddleware,
} from '../../support/socket-entries.js';

/** What is passed as a response, and was never meant to be one. */
const OBJECTS: [string, () => object | null | undefined][] = [
  ['an empty object', () => ({})],
  ['a frozen object', () => Object.freeze({})],
  ['a frozen response', () => Object.freeze(new UpgradeResponse())],
  ['a response without setHeader', () => ({ writeHead: () => undefined, end: () => undefined })],
  [
    'a response whose methods throw',
    () => ({
      setHeader: () => {
        throw new Error('no headers here');
      },
      writeHead: () => undefined,
    }),
  ],
  [
    'a response that cannot be read',
    () => ({
      get headersSent() {
        throw new Error('not to be read');
      },
      writeHead: () => undefined,
    }),
  ],
  ['null', () => null],
  ['undefined', () => undefined],
];

describe.each(ENTRIES)('an object that is no response of Node, with %s', (_, entry) => {
  let mw: AnyMiddleware;
  beforeEach(() => void (mw = memoryStoreOf(entry).mount()));

  it.each(OBJECTS)('may be %s: the session is read, and saved explicitly', async (_name, make) => {
    const cookie = await loggedIn(entry, mw);
    const req = request(cookie);
    const res = make();
    expect(await passed(mw, req, res as object)).toBeUndefined();
    expect(req.session!['userId']).toBe('u1');
    req.session!['note'] = 'kept';
    expect(await save(entry, req.session!)).toBe('saved');
    expect(() => (res as Partial<UpgradeResponse> | null)?.writeHead?.()).not.toThrow();
    const again = request(cookie);
    await passed(mw, again, {});
    expect(again.session!['note']).toBe('kept');
  });

  it.each(OBJECTS)('may be %s: next gets the error of a load that fails', async (_name, make) => {
    const cookie = await loggedIn(entry, mw);
    const store = new CountingStore();
    store.failing = { load: new Error('down') };
    const broken = {
      on: () => undefined,
      get: (_id: string, callback: (error: unknown) => void) => setImmediate(callback, new Error('down')),
      set: () => undefined,
      destroy: () => undefined,
    };
    const failing = memoryStoreOf(entry, entry === 'http' ? store : broken).mount();
    const expected = entry === 'http' ? { status: 503, statusCode: 503 } : { message: 'down' };
    expect(await passed(failing, request(cookie), make() as object)).toMatchObject(expected);
  });

  it('gets Set-Cookie within writeHead, called as engine.io calls it, before anything is stored', async () => {
    const req = request();
    const res = new UpgradeResponse();
    await passed(mw, req, res);
    req.session!['userId'] = 'u1';
    expect(res.headers['Set-Cookie']).toBeUndefined();
    res.writeHead();
    expect(res.calls).toEqual([['writeHead']]);
    expect(res.headers['Set-Cookie']).toEqual([expect.stringMatching(/^connect\.sid=s%3A/)]);
    const { cookie } = res;
    await new Promise((resolve) => setImmediate(resolve));
    const again = request(cookie);
    await passed(mw, again, {});
    expect(again.session!['userId']).toBe('u1');
  });

  it('keeps a Set-Cookie that the application gives to writeHead', async () => {
    const req = request();
    const res = new UpgradeResponse();
    await passed(mw, req, res);
    req.session!['userId'] = 'u1';
    res.writeHead(101, { 'Set-Cookie': 'own=1', 'X-Own': 'yes' });
    expect(res.calls).toEqual([['writeHead', 101]]);
    expect(res.headers['X-Own']).toBe('yes');
    expect(res.headers['Set-Cookie']).toEqual(['own=1', expect.stringMatching(/^connect\.sid=/)]);
  });

  it('gets no cookie for a session that nobody has changed', async () => {
    const res = new UpgradeResponse();
    await passed(mw, request(), res);
    res.writeHead();
    expect(res.headers['Set-Cookie']).toBeUndefined();
  });

  it('may be a mock of node-mocks-http: the cookie is there when send returns, and end commits', async () => {
    const req = request();
    const res = createResponse({ eventEmitter: EventEmitter });
    await passed(mw, req, res);
    req.session!['userId'] = 'u1';
    res.status(201).send('made');
    expect(res.statusCode).toBe(201);
    expect(res._getData()).toBe('made');
    const [line] = res.getHeader('Set-Cookie') as unknown as string[];
    await new Promise((resolve) => setImmediate(resolve));
    const again = request(line!.split(';', 1)[0]);
    await passed(mw, again, createResponse());
    expect(again.session!['userId']).toBe('u1');
  });

  it('may be a mock of node-mocks-http: what changes between writeHead and end is stored as well', async () => {
    const cookie = await loggedIn(entry, mw);
    const req = request(cookie);
    const res = createResponse();
    await passed(mw, req, res);
    res.writeHead(200, { 'Content-Type': 'text/plain' });
    expect(res.getHeader('content-type')).toBe('text/plain');
    req.session!['note'] = 'late';
    res.end('done');
    await new Promise((resolve) => setImmediate(resolve));
    const again = request(cookie);
    await passed(mw, again, createResponse());
    expect(again.session!['note']).toBe('late');
  });
});

it('a stored session gets another id with a response that emits no events, with nest-session/http', async () => {
  const mw = memoryStoreOf('http').mount();
  const cookie = await loggedIn('http', mw);
  const req = request(cookie);
  // As the response of an older engine.io.
  const res = Object.defineProperty(new UpgradeResponse(), 'once', { value: undefined });
  await passed(mw, req, res);
  await (req.session as unknown as UserSession).regenerate({ keep: 'all' });
  res.writeHead();
  await new Promise((resolve) => setImmediate(resolve));
  const again = request(res.cookie);
  await passed(mw, again, {});
  expect(again.session!['userId']).toBe('u1');
  const old = request(cookie);
  await passed(mw, old, {});
  expect(old.session!['userId']).toBeUndefined();
});

describe('a session whose cookie cannot be sent, with nest-session/http', () => {
  const mount = (store = new CountingStore()) => memoryStoreOf('http', store).mount();

  it('refuses to save a new session, and to change the id of an old one', async () => {
    const mw = mount();
    const fresh = request();
    await passed(mw, fresh, {});
    fresh.session!['userId'] = 'u1';
    expect(await save('http', fresh.session!)).toBe('ERR_SESSION_SENT');
    const old = request(await loggedIn('http', mw));
    await passed(mw, old, {});
    await expect(old.session!.regenerate() as Promise<void>).rejects.toMatchObject({
      code: 'ERR_SESSION_SENT',
    });
  });

  it('changes the id of a session with a response without events, and sends its cookie', async () => {
    const mw = mount();
    const old = await loggedIn('http', mw);
    const req = request(old);
    const headers: Record<string, string[]> = {};
    const res = {
      setHeader: (name: string, value: string[]) => void (headers[name] = value),
      writeHead: () => undefined,
    };
    await passed(mw, req, res);
    await req.session!.regenerate();
    req.session!['userId'] = 'u2';
    res.writeHead();
    const [line] = headers['Set-Cookie']!;
    await new Promise((resolve) => setImmediate(resolve));
    for (const [cookie, userId] of [
      [line!.split(';', 1)[0], 'u2'],
      [old, undefined],
    ]) {
      const again = request(cookie);
      await passed(mw, again, {});
      expect(again.session!['userId']).toBe(userId);
    }
  });

  it('is not changed with a response that was sent before', async () => {
    const store = new CountingStore();
    const mw = mount(store);
    const res = new ServerResponse({ method: 'GET' } as IncomingMessage);
    res.writeHead(200).end();
    const req = request();
    await passed(mw, req, res);
    req.session!['userId'] = 'u1';
    expect(await save('http', req.session!)).toBe('ERR_SESSION_SENT');
    expect(store.calls).toEqual([]);
  });

  it('reports a commit that fails beside writeHead, and throws nothing', async () => {
    const store = new CountingStore();
    let emitted!: (event: SessionEvent) => void;
    const event = new Promise<SessionEvent>((resolve) => (emitted = resolve));
    const mw = sessionMiddleware({ secret: SECRET, store, onEvent: emitted }) as AnyMiddleware;
    store.failing = { create: new Error('down') };
    const req = request();
    const res = new UpgradeResponse();
    await passed(mw, req, res);
    req.session!['userId'] = 'u1';
    res.writeHead();
    res.end();
    expect((await event).type).toBe('store-down');
  });

  it('sends no cookie for values that cannot be stored', async () => {
    const req = request();
    const res = new UpgradeResponse();
    await passed(mount(), req, res);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    req.session!['circle'] = circle;
    res.writeHead();
    expect(res.calls).toEqual([['writeHead']]);
    expect(res.headers['Set-Cookie']).toBeUndefined();
  });
});

describe('isNodeResponse', () => {
  class OwnResponse extends ServerResponse {}
  class OwnHttp2Response extends Http2ServerResponse {}
  it.each([
    ['a subclass of http.ServerResponse', new OwnResponse({} as IncomingMessage), true],
    ['what has a response for its prototype', Object.create(new OwnResponse({} as IncomingMessage)), true],
    ['a subclass of Http2ServerResponse', Object.create(OwnHttp2Response.prototype), true],
    ['an object with a stream', { stream: {} }, false],
    ['a mock', createResponse(), false],
    ['null', null, false],
  ])('%s: %s is %s', (_, res, expected) => expect(isNodeResponse(res)).toBe(expected));
});
