import { compileFunction } from 'node:vm';
import cookieParser from 'cookie-parser';
import express from 'express';
import { createServer } from 'node:http';
import session from 'nest-session/express';
import { OTHER_SECRET, SECRET } from '../support/secret.js';
import {
  cookieFor,
  deprecationsOf,
  IMPLEMENTATIONS,
  ORIGINAL,
  QUIET,
  recordingStore,
  signed,
  textsOf,
  type AnyFunction,
} from './support/entry-implementations.js';
import { closeSites, serve, siteOf, type Middleware, type SessionHandler } from './support/entry-server.js';

const DEPRECATED = 'cookie should be available in req.headers.cookie';
const tellId: SessionHandler = (req, res) => res.end(req.sessionID);
const FORGED = `s:known.${'A'.repeat(43)}`;

/** The id that a request with such a header gets: `new` where it is a new one. */
async function idFor(make: AnyFunction, cookie: string, options: object = {}) {
  const store = recordingStore(make, { known: {}, other: {}, 'a.b.c': {}, '100%': {} });
  const { ask } = await serve(make({ ...QUIET, store, ...options }), tellId);
  const { body } = await ask('/', { cookie });
  return { id: Object.hasOwn(store.sessions, body) ? body : 'new', calls: store.calls };
}

afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('the cookie header before %s', (_, session) => {
  it.each([
    ['encoded', cookieFor('known'), 'known'],
    ['not encoded', `connect.sid=${signed('known')}`, 'known'],
    ['in quotes', `connect.sid="${encodeURIComponent(signed('known'))}"`, 'known'],
    ['among others, without blanks', `a=1;${cookieFor('known')};b=2`, 'known'],
    ['among others, with blanks', `a=1;  ${cookieFor('known')} ; b=2`, 'known'],
    ['twice: the first counts', `${cookieFor('known')}; ${cookieFor('other')}`, 'known'],
    ['not decodable: taken as it is', `connect.sid=${signed('100%')}`, '100%'],
    ['of a name in other letters', cookieFor('known').replace('connect.sid', 'Connect.Sid'), 'new'],
    ['of another name', cookieFor('known').replace('connect.sid', 'connect.sid2'), 'new'],
    ['without a value', 'connect.sid=', 'new'],
    ['without a name', `=${signed('known')}`, 'new'],
  ])('is read: a cookie %s (R31)', async (_, header, expected) => {
    expect((await idFor(session, header)).id).toBe(expected);
  });

  it.each([
    ['S:', signed('known').replace('s:', 'S:')],
    ['no s:', signed('known').slice(2)],
    ['s. instead', signed('known').replace('s:', 's.')],
    ['a j:', `j:{"id":"known"}`],
  ])('gives no id in a value with %s (R32)', async (_, value) => {
    const cookie = `connect.sid=${encodeURIComponent(value)}`;
    expect(await idFor(session, cookie)).toEqual({ id: 'new', calls: [] });
  });

  it('gives an id with dots in it: the signature is behind the last (R33)', async () => {
    expect((await idFor(session, cookieFor('a.b.c'))).id).toBe('a.b.c');
  });

  it.each([
    ['padded', `${signed('known')}=`],
    ['padded as base64 wants it', `${signed('known')}==`],
    ['cut', signed('known').slice(0, -1)],
    ['made by nobody', FORGED],
    ['made for another id', signed('other').replace('other', 'known')],
    ['made with another secret', signed('known', OTHER_SECRET)],
    ['missing', 's:known'],
    ['empty', 's:known.'],
  ])('gives no id with a signature that is %s, and the store is not asked (R33, R34)', async (_, value) => {
    const cookie = `connect.sid=${encodeURIComponent(value)}`;
    expect(await idFor(session, cookie)).toEqual({ id: 'new', calls: [] });
  });

  it('is verified with all secrets; the first one signs (R33)', async () => {
    const store = recordingStore(session, { known: {} });
    const options = { ...QUIET, store, rolling: true, secret: [SECRET, OTHER_SECRET] };
    const { ask } = await serve(session(options), tellId);
    const { body, cookies } = await ask('/', { cookie: cookieFor('known', OTHER_SECRET) });
    expect(body).toBe('known');
    expect(cookies[0]).toBe(`${cookieFor('known', SECRET)}; Path=/; HttpOnly`);
  });

  it('gives no id where a signed one is empty (R36)', async () => {
    expect(await idFor(session, cookieFor(''))).toEqual({ id: 'new', calls: [] });
  });

  it('leads to ids of 24 random bytes where it has none (R33b)', async () => {
    const { ask } = await serve(session(QUIET), tellId);
    const ids = new Set<string>();
    for (let count = 0; count < 50; count++) ids.add((await ask()).body);
    expect(ids.size).toBe(50);
    for (const id of ids) {
      expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(Buffer.from(id, 'base64url')).toHaveLength(24);
    }
    // Every character of the alphabet, or nearly: no part of an id is fixed or drawn from fewer.
    expect(new Set([...ids].join('')).size).toBeGreaterThan(55);
  });

  it.each<[string, { header?: string; signedCookies?: object; cookies?: object }, string, string[]]>([
    ['a signed one', { signedCookies: { 'connect.sid': 'known' } }, 'known', [DEPRECATED]],
    ['one with our signature', { cookies: { 'connect.sid': signed('known') } }, 'known', [DEPRECATED]],
    [
      'both: the signed one',
      { signedCookies: { 'connect.sid': 'other' }, cookies: { 'connect.sid': signed('known') } },
      'other',
      [DEPRECATED],
    ],
    ['one with a bad signature', { cookies: { 'connect.sid': FORGED } }, 'new', []],
    ['one without s:', { cookies: { 'connect.sid': 'known' } }, 'new', []],
    ['an empty id with our signature', { cookies: { 'connect.sid': signed('') } }, 'new', []],
    ['a signed one that it refused', { signedCookies: { 'connect.sid': false } }, 'new', []],
    [
      'one, and the header another',
      { header: cookieFor('known'), signedCookies: { 'connect.sid': 'other' } },
      'known',
      [],
    ],
    [
      'one, and the header one with a bad signature',
      { header: `connect.sid=${FORGED}`, signedCookies: { 'connect.sid': 'other' } },
      'other',
      [DEPRECATED],
    ],
    [
      'one, and the header one that is not signed',
      { header: 'connect.sid=known', signedCookies: { 'connect.sid': 'other' } },
      'other',
      [DEPRECATED],
    ],
  ])('is helped out by cookie-parser, which has %s (R35)', async (_, { header, ...parsed }, id, messages) => {
    const store = recordingStore(session, { known: {}, other: {} });
    const parse: Middleware = (req, _res, next) => {
      Object.assign(req, parsed);
      next();
    };
    const { ask } = await serve([parse, fromItsOwnPlace(session({ ...QUIET, store }))], tellId);
    let body = '';
    const told = await deprecationsOf(async () => {
      ({ body } = await ask('/', header === undefined ? {} : { cookie: header }));
    });
    expect(Object.hasOwn(store.sessions, body) ? body : 'new').toBe(id);
    expect(textsOf(told)).toEqual(messages);
  });

  it.each([
    ['signed by cookie-parser', SECRET],
    ['not known to cookie-parser as signed', undefined],
  ])('may be gone when express comes to it, the cookie being %s (R35)', async (_, parserSecret) => {
    const store = recordingStore(session, { known: { user: 'ada' } });
    const app = express();
    app.use(cookieParser(parserSecret));
    app.use((req, _res, next) => {
      delete req.headers.cookie;
      next();
    });
    app.use(session({ ...QUIET, store }) as never);
    app.get('/', (req, res) => res.end((req as never as { session: { user: string } }).session.user));
    const { ask } = await siteOf(createServer(app));
    let body = '';
    await deprecationsOf(async () => ({ body } = await ask('/', { cookie: cookieFor('known') })));
    expect(body).toBe('ada');
  });
});

let places = 0;

/** A middleware that is called from a place in the code of its own: messages are told once for each place. */
function fromItsOwnPlace(middleware: Middleware): Middleware {
  const text = 'return (req, res, next) => middleware(req, res, next);';
  const filename = `caller-${++places}.js`;
  const make = compileFunction(text, ['middleware'], { filename }) as (called: Middleware) => Middleware;
  return make(middleware);
}

describe('the cookie header before us, otherwise than before express-session', () => {
  it('may have a forged cookie in front of ours (R31)', async () => {
    const header = `connect.sid=${FORGED}; ${cookieFor('known')}`;
    expect((await idFor(ORIGINAL, header)).id).toBe('new');
    expect((await idFor(session, header)).id).toBe('known');
  });

  it.each([
    ['cookies', (value: unknown) => ({ cookies: { 'connect.sid': value } })],
    ['signed cookies', (value: unknown) => ({ signedCookies: { 'connect.sid': value } })],
  ])('may have made an object of %s: no id (R35, W16)', async (_, parsed) => {
    const parse: Middleware = (req, _res, next) => {
      Object.assign(req, parsed({ a: 1 }));
      next();
    };
    const store = recordingStore(session);
    const { ask } = await serve([parse, session({ ...QUIET, store })], tellId);
    const { status, body } = await ask();
    expect([status, body.length, store.calls]).toEqual([200, 32, []]);
  });

  it('may hold j:{} behind cookie-parser: that is no error (R35, W16)', async () => {
    const statusOf = async (make: AnyFunction): Promise<number> => {
      const app = express();
      app.use(cookieParser(SECRET));
      app.use(make(QUIET) as never);
      app.get('/', (_req, res) => void res.end('ok'));
      app.use(
        ((_error: unknown, _req: unknown, res: express.Response, _next: unknown) =>
          void res.status(500).end()) as express.ErrorRequestHandler,
      );
      const { ask } = await siteOf(createServer(app));
      return (await ask('/', { cookie: 'connect.sid=j:{"a":1}' })).status;
    };
    expect([await statusOf(ORIGINAL), await statusOf(session)]).toEqual([500, 200]);
  });
});
