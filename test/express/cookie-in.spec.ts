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
const sendId: SessionHandler = (req, res) => res.end(req.sessionID);
const FORGED = `s:known.${'A'.repeat(43)}`;

/** The id that a request with a header gets; `new` for a new session. */
async function idFor(make: AnyFunction, cookie: string, options: object = {}) {
  const store = recordingStore(make, { known: {}, other: {}, 'a.b.c': {}, '100%': {} });
  const { send } = await serve(make({ ...QUIET, store, ...options }), sendId);
  const { body } = await send('/', { cookie });
  return { id: Object.hasOwn(store.sessions, body) ? body : 'new', calls: store.calls };
}

afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('the Cookie header of a request, with %s', (_, session) => {
  it.each([
    ['encoded', cookieFor('known'), 'known'],
    ['not encoded', `connect.sid=${signed('known')}`, 'known'],
    ['in quotes', `connect.sid="${encodeURIComponent(signed('known'))}"`, 'known'],
    ['among others, without blanks', `a=1;${cookieFor('known')};b=2`, 'known'],
    ['among others, with blanks', `a=1;  ${cookieFor('known')} ; b=2`, 'known'],
    ['twice: the first counts', `${cookieFor('known')}; ${cookieFor('other')}`, 'known'],
    ['not decodable: not decoded', `connect.sid=${signed('100%')}`, '100%'],
    ['with a name in another case', cookieFor('known').replace('connect.sid', 'Connect.Sid'), 'new'],
    ['of another name', cookieFor('known').replace('connect.sid', 'connect.sid2'), 'new'],
    ['without a value', 'connect.sid=', 'new'],
    ['without a name', `=${signed('known')}`, 'new'],
  ])('finds a cookie that is %s (R31)', async (_, header, expected) => {
    expect((await idFor(session, header)).id).toBe(expected);
  });

  it.each([
    ['S:', signed('known').replace('s:', 'S:')],
    ['no s:', signed('known').slice(2)],
    ['s. instead', signed('known').replace('s:', 's.')],
    ['a j:', `j:{"id":"known"}`],
  ])('ignores a value with %s (R32)', async (_, value) => {
    const cookie = `connect.sid=${encodeURIComponent(value)}`;
    expect(await idFor(session, cookie)).toEqual({ id: 'new', calls: [] });
  });

  it('splits a value at the last dot, so an id can contain dots (R33)', async () => {
    expect((await idFor(session, cookieFor('a.b.c'))).id).toBe('a.b.c');
  });

  it.each([
    ['padded', `${signed('known')}=`],
    ['padded to whole base64 groups', `${signed('known')}==`],
    ['cut', signed('known').slice(0, -1)],
    ['forged', FORGED],
    ['made for another id', signed('other').replace('other', 'known')],
    ['made with another secret', signed('known', OTHER_SECRET)],
    ['missing', 's:known'],
    ['empty', 's:known.'],
  ])('ignores a signature that is %s, without a store call (R33, R34)', async (_, value) => {
    const cookie = `connect.sid=${encodeURIComponent(value)}`;
    expect(await idFor(session, cookie)).toEqual({ id: 'new', calls: [] });
  });

  it('verifies with all secrets and signs with the first one (R33)', async () => {
    const store = recordingStore(session, { known: {} });
    const options = { ...QUIET, store, rolling: true, secret: [SECRET, OTHER_SECRET] };
    const { send } = await serve(session(options), sendId);
    const { body, cookies } = await send('/', { cookie: cookieFor('known', OTHER_SECRET) });
    expect(body).toBe('known');
    expect(cookies[0]).toBe(`${cookieFor('known', SECRET)}; Path=/; HttpOnly`);
  });

  it('ignores a signed empty id (R36)', async () => {
    expect(await idFor(session, cookieFor(''))).toEqual({ id: 'new', calls: [] });
  });

  it('leads to an id of 24 random bytes if it has no id (R33b)', async () => {
    const { send } = await serve(session(QUIET), sendId);
    const ids = new Set<string>();
    for (let count = 0; count < 50; count++) ids.add((await send()).body);
    expect(ids.size).toBe(50);
    for (const id of ids) {
      expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(Buffer.from(id, 'base64url')).toHaveLength(24);
    }
    // Nearly every character of the alphabet at each place: no part of an id is constant.
    expect(new Set([...ids].join('')).size).toBeGreaterThan(55);
  });

  it.each<[string, { header?: string; signedCookies?: object; cookies?: object }, string, string[]]>([
    ['a signed one', { signedCookies: { 'connect.sid': 'known' } }, 'known', [DEPRECATED]],
    ['one with a valid signature', { cookies: { 'connect.sid': signed('known') } }, 'known', [DEPRECATED]],
    [
      'both: the signed one',
      { signedCookies: { 'connect.sid': 'other' }, cookies: { 'connect.sid': signed('known') } },
      'other',
      [DEPRECATED],
    ],
    ['one with a bad signature', { cookies: { 'connect.sid': FORGED } }, 'new', []],
    ['one without s:', { cookies: { 'connect.sid': 'known' } }, 'new', []],
    ['an empty id with a valid signature', { cookies: { 'connect.sid': signed('') } }, 'new', []],
    ['a signed one that cookie-parser rejected', { signedCookies: { 'connect.sid': false } }, 'new', []],
    [
      'one, and the header has another',
      { header: cookieFor('known'), signedCookies: { 'connect.sid': 'other' } },
      'known',
      [],
    ],
    [
      'one, and the header has one with a bad signature',
      { header: `connect.sid=${FORGED}`, signedCookies: { 'connect.sid': 'other' } },
      'other',
      [DEPRECATED],
    ],
    [
      'one, and the header has an unsigned one',
      { header: 'connect.sid=known', signedCookies: { 'connect.sid': 'other' } },
      'other',
      [DEPRECATED],
    ],
  ])(
    'falls back to the cookies of cookie-parser: %s (R35)',
    async (_, { header, ...parsed }, id, messages) => {
      const store = recordingStore(session, { known: {}, other: {} });
      const parse: Middleware = (req, _res, next) => {
        Object.assign(req, parsed);
        next();
      };
      const { send } = await serve([parse, fromItsOwnPlace(session({ ...QUIET, store }))], sendId);
      let body = '';
      const deprecations = await deprecationsOf(async () => {
        ({ body } = await send('/', header === undefined ? {} : { cookie: header }));
      });
      expect(Object.hasOwn(store.sessions, body) ? body : 'new').toBe(id);
      expect(textsOf(deprecations)).toEqual(messages);
    },
  );

  it.each([
    ['signed by cookie-parser', SECRET],
    ['not verified by cookie-parser', undefined],
  ])('can be removed by cookie-parser before: a cookie %s (R35)', async (_, parserSecret) => {
    const store = recordingStore(session, { known: { user: 'ada' } });
    const app = express();
    app.use(cookieParser(parserSecret));
    app.use((req, _res, next) => {
      delete req.headers.cookie;
      next();
    });
    app.use(session({ ...QUIET, store }) as never);
    app.get('/', (req, res) => res.end((req as never as { session: { user: string } }).session.user));
    const { send } = await siteOf(createServer(app));
    let body = '';
    await deprecationsOf(async () => ({ body } = await send('/', { cookie: cookieFor('known') })));
    expect(body).toBe('ada');
  });
});

let places = 0;

/** A middleware with its own call site: deprecations are emitted once per call site. */
function fromItsOwnPlace(middleware: Middleware): Middleware {
  const text = 'return (req, res, next) => middleware(req, res, next);';
  const filename = `caller-${++places}.js`;
  const make = compileFunction(text, ['middleware'], { filename }) as (called: Middleware) => Middleware;
  return make(middleware);
}

describe('the Cookie header, where it differs from express-session', () => {
  it('can have a forged cookie before the valid one (R31)', async () => {
    const header = `connect.sid=${FORGED}; ${cookieFor('known')}`;
    expect((await idFor(ORIGINAL, header)).id).toBe('new');
    expect((await idFor(session, header)).id).toBe('known');
  });

  it.each([
    ['cookies', (value: unknown) => ({ cookies: { 'connect.sid': value } })],
    ['signed cookies', (value: unknown) => ({ signedCookies: { 'connect.sid': value } })],
  ])('gives no id if cookie-parser turned it into an object: %s (R35, W16)', async (_, parsed) => {
    const parse: Middleware = (req, _res, next) => {
      Object.assign(req, parsed({ a: 1 }));
      next();
    };
    const store = recordingStore(session);
    const { send } = await serve([parse, session({ ...QUIET, store })], sendId);
    const { status, body } = await send();
    expect([status, body.length, store.calls]).toEqual([200, 32, []]);
  });

  it('can have j:{} with cookie-parser, without an error (R35, W16)', async () => {
    const statusOf = async (make: AnyFunction): Promise<number> => {
      const app = express();
      app.use(cookieParser(SECRET));
      app.use(make(QUIET) as never);
      app.get('/', (_req, res) => void res.end('ok'));
      app.use(
        ((_error: unknown, _req: unknown, res: express.Response, _next: unknown) =>
          void res.status(500).end()) as express.ErrorRequestHandler,
      );
      const { send } = await siteOf(createServer(app));
      return (await send('/', { cookie: 'connect.sid=j:{"a":1}' })).status;
    };
    expect([await statusOf(ORIGINAL), await statusOf(session)]).toEqual([500, 200]);
  });
});
