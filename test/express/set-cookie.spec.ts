import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import session from 'nest-session/express';
import { OTHER_SECRET, SECRET } from '../support/secret.js';
import {
  cookieFor,
  IMPLEMENTATIONS,
  ORIGINAL,
  PLAIN_COOKIE,
  QUIET,
  recordingStore,
  type AnyFunction,
} from './support/entry-implementations.js';
import { closeSites, serve, type Middleware, type SessionHandler } from './support/entry-server.js';

const MINUTE = 60_000;
const EAGER = { ...QUIET, saveUninitialized: true, genid: () => 'made' };
const OURS = `${cookieFor('made')}; Path=/; HttpOnly`;

const modify: SessionHandler = (req, res) => {
  req.session['a'] = 'new';
  res.end('ok');
};
const leave: SessionHandler = (_, res) => res.end('ok');

afterEach(closeSites);

/** The situations of the table of rule R43. */
const SITUATIONS = {
  'new unmodified': { handler: leave, known: false, maxAge: null },
  'new modified': { handler: modify, known: false, maxAge: null },
  'known unmodified': { handler: leave, known: true, maxAge: null },
  'known modified': { handler: modify, known: true, maxAge: null },
  'known unmodified with maxAge': { handler: leave, known: true, maxAge: MINUTE },
  'known modified with maxAge': { handler: modify, known: true, maxAge: MINUTE },
} as const;

const BOTH = [true, false];
const [NO_COOKIE, COOKIE] = [0, 1];
type Row = [situation: keyof typeof SITUATIONS, boolean[], boolean[], boolean[], string[], number];

/** Situation; resave, saveUninitialized and rolling; the store calls, and the number of cookies. */
const TABLE: readonly Row[] = [
  ['new unmodified', BOTH, [true], BOTH, ['set'], COOKIE],
  ['new unmodified', BOTH, [false], BOTH, [], NO_COOKIE],
  ['new modified', BOTH, BOTH, BOTH, ['set'], COOKIE],
  ['known unmodified', [true], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known unmodified with maxAge', [true], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known modified', [true], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known modified with maxAge', [true], BOTH, [false], ['get', 'set'], COOKIE],
  ['known unmodified', [true], BOTH, [true], ['get', 'set'], COOKIE],
  ['known modified', [true], BOTH, [true], ['get', 'set'], COOKIE],
  ['known unmodified', [false], BOTH, [false], ['get', 'touch'], NO_COOKIE],
  ['known unmodified with maxAge', [false], BOTH, [false], ['get', 'touch'], NO_COOKIE],
  ['known modified', [false], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known modified with maxAge', [false], BOTH, [false], ['get', 'set'], COOKIE],
  ['known unmodified', [false], BOTH, [true], ['get', 'touch'], COOKIE],
  ['known modified', [false], BOTH, [true], ['get', 'set'], COOKIE],
];

const CASES = TABLE.flatMap(([situation, resaves, saves, rollings, calls, cookies]) =>
  resaves.flatMap((resave) =>
    saves.flatMap((saveUninitialized) =>
      rollings.map((rolling) => ({ situation, resave, saveUninitialized, rolling, calls, cookies })),
    ),
  ),
);

/** The store calls and cookies of one situation. */
async function outcomeOf(make: AnyFunction, name: keyof typeof SITUATIONS, options: object) {
  const { handler, known, maxAge } = SITUATIONS[name];
  const expires = maxAge === null ? null : new Date(Date.now() + maxAge).toISOString();
  const cookie = { ...PLAIN_COOKIE, originalMaxAge: maxAge, expires };
  const store = recordingStore(make, { known: { cookie, a: 'old' } });
  const { send } = await serve(make({ ...QUIET, store, ...options }), handler);
  const response = await send('/', known ? { cookie: cookieFor('known') } : {});
  return { calls: store.calls, cookies: response.cookies.length };
}

describe.each(IMPLEMENTATIONS)('the cookie that %s sends', (_, session) => {
  it.each<[string, (res: ServerResponse) => unknown, Record<string, string>]>([
    ['end', (res) => res.end('ok'), {}],
    ['write and end', (res) => void (res.write('o'), res.end('k')), {}],
    ['writeHead', (res) => res.writeHead(201).end('ok'), {}],
    ['writeHead with an object', (res) => res.writeHead(200, { 'X-A': '1' }).end('ok'), { 'x-a': '1' }],
    [
      'writeHead with values in lists',
      (res) => res.writeHead(200, { 'X-A': ['1', '2'] }).end('ok'),
      { 'x-a': '1, 2' },
    ],
    [
      'writeHead with a flat list',
      (res) => res.writeHead(200, ['X-A', '1', 'X-B', '2']).end('ok'),
      { 'x-a': '1', 'x-b': '2' },
    ],
    [
      'writeHead with a reason',
      (res) => res.writeHead(200, 'Fine', { 'X-A': '1' }).end('ok'),
      { 'x-a': '1' },
    ],
    ['flushHeaders', (res) => void (res.flushHeaders(), res.end('ok')), {}],
  ])('is sent once, with the headers of %s (R41)', async (_, response, headers) => {
    const { send } = await serve(session(EAGER), (_, res) => response(res));
    const { cookies, body, headers: got } = await send();
    expect([cookies, body]).toEqual([[OURS], 'ok']);
    expect(Object.fromEntries(Object.keys(headers).map((name) => [name, got.get(name)]))).toEqual(headers);
  });

  it.each([
    ['the session is null', { session: null }],
    ['the session is undefined', { session: undefined }],
    ['the id is a number', { sessionID: 42 }],
    ['the id is undefined', { sessionID: undefined }],
  ])('is not sent if %s (R42)', async (_, changes) => {
    const { send } = await serve(session(EAGER), (req, res) => {
      Object.assign(req, changes);
      res.end('ok');
    });
    expect(await send()).toMatchObject({ status: 200, body: 'ok', cookies: [] });
  });

  it.each<[string, Date | false | null | undefined, number]>([
    ['a date', new Date(Date.now() + MINUTE), COOKIE],
    ['null', null, NO_COOKIE],
    ['undefined', undefined, NO_COOKIE],
    ['false', false, COOKIE],
  ])('of a known session that was modified depends on its expires: %s (R42)', async (_, expires, count) => {
    const store = recordingStore(session, { known: {} });
    const { send } = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session.cookie.expires = expires;
      modify(req, res);
    });
    expect((await send('/', { cookie: cookieFor('known') })).cookies).toHaveLength(count);
  });

  it.each(CASES)(
    'and its calls, $situation, resave $resave, saveUninitialized $saveUninitialized, rolling $rolling: $calls, $cookies (R43)',
    async ({ situation, calls, cookies, ...options }) => {
      expect(await outcomeOf(session, situation, options)).toEqual({ calls, cookies });
    },
  );

  it.each([
    [false, NO_COOKIE],
    [true, COOKIE],
  ])('of an unmodified session with a store without touch, rolling %p (R43)', async (rolling, cookies) => {
    const store = recordingStore(session, { known: {} });
    Object.assign(store, { touch: undefined });
    const { send } = await serve(session({ ...QUIET, store, rolling }));
    const response = await send('/', { cookie: cookieFor('known') });
    expect([store.calls, response.cookies.length]).toEqual([['get'], cookies]);
  });

  it.each<[string, (res: ServerResponse) => unknown, string[]]>([
    ['one set', (res) => res.setHeader('Set-Cookie', 'a=1').end(), ['a=1']],
    ['two set', (res) => res.setHeader('Set-Cookie', ['a=1', 'b=2']).end(), ['a=1', 'b=2']],
    ['one of writeHead', (res) => res.writeHead(200, { 'Set-Cookie': 'a=1' }).end(), ['a=1']],
    ['two of writeHead', (res) => res.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end(), ['a=1', 'b=2']],
    ['one of its own name', (res) => res.setHeader('Set-Cookie', 'connect.sid=x').end(), ['connect.sid=x']],
  ])('comes after those of the application: %s (R44)', async (_, response, before) => {
    const { send } = await serve(session(EAGER), (_, res) => response(res));
    expect((await send()).cookies).toEqual([...before, OURS]);
  });

  it('has its attributes in a fixed order, without Max-Age (R45)', async () => {
    const cookie = {
      sameSite: 'lax',
      priority: 'high',
      partitioned: true,
      secure: true,
      httpOnly: true,
      maxAge: MINUTE,
      path: '/x',
      domain: 'example.org',
    } as const;
    const { send } = await serve(session({ ...EAGER, proxy: true, cookie }));
    const { cookies } = await send('/x', { 'X-Forwarded-Proto': 'https' });
    const [, expires = ''] = /Expires=([^;]+)/.exec(cookies[0]!) ?? [];
    expect(Math.abs(Date.parse(expires) - Date.now() - MINUTE)).toBeLessThan(5000);
    expect(cookies).toEqual([
      `${cookieFor('made')}; Domain=example.org; Path=/x; Expires=${expires}` +
        '; HttpOnly; Secure; Partitioned; Priority=High; SameSite=Lax',
    ]);
  });

  it('has an encoded value (R45)', async () => {
    const { send } = await serve(session({ ...EAGER, genid: () => 'ä b;c' }));
    expect((await send()).cookies[0]).toBe(`${cookieFor('ä b;c')}; Path=/; HttpOnly`);
  });

  it('carries req.sessionID, signed with the first secret; the store uses session.id (R46)', async () => {
    const store = recordingStore(session);
    const { send } = await serve(session({ ...EAGER, store, secret: [SECRET, OTHER_SECRET] }), (req, res) => {
      req.sessionID = 'overwritten';
      res.end();
    });
    expect((await send()).cookies).toEqual([`${cookieFor('overwritten')}; Path=/; HttpOnly`]);
    expect(Object.keys(store.sessions)).toEqual(['made']);
  });

  it.each<[string, object]>([
    ['argument name is invalid', { name: 'a b' }],
    ['option domain is invalid', { cookie: { domain: 'example.org\n' } }],
    ['option path is invalid', { cookie: { path: '/;' } }],
    ['option expires is invalid', { cookie: { maxAge: Number.NaN } }],
    ['option priority is invalid', { cookie: { priority: 'urgent' } }],
    ['option sameSite is invalid', { cookie: { sameSite: 'sometimes' } }],
    ['Secret key must be provided.', { secret: [undefined] }],
    ['The "key" argument must be of type string', { secret: [42] }],
  ])('is missing if it cannot be written, and next gets the error: %s (R47)', async (message, options) => {
    const middleware = session({ ...EAGER, ...options });
    const { send, lateError } = await serve(middleware);
    expect(await send('/;')).toMatchObject({ status: 200, body: 'ok', cookies: [] });
    expect(await lateError).toMatchObject({ name: 'TypeError' });
    expect(((await lateError) as Error).message).toMatch(message);
  });

  it.each([
    ['end', (res: ServerResponse) => res.end()],
    ['writeHead', (res: ServerResponse) => res.writeHead(200).end()],
    ['write', (res: ServerResponse) => void (res.write('x'), res.end())],
  ])(
    'comes after that of a wrapper that was added later, before that of an earlier one: %s (R48)',
    async (_, response) => {
      const wrap =
        (cookie: string): Middleware =>
        (_req, res, next) => {
          const { writeHead } = res;
          let called = false;
          res.writeHead = ((...args: unknown[]) => {
            if (!called) res.appendHeader('Set-Cookie', cookie);
            called = true;
            return (writeHead as (...given: unknown[]) => unknown).apply(res, args);
          }) as never;
          next();
        };
      const { send } = await serve([wrap('earlier=1'), session(EAGER), wrap('later=1')], (_, res) =>
        response(res),
      );
      expect((await send()).cookies).toEqual(['later=1', OURS, 'earlier=1']);
    },
  );

  it('is decided with the headers: later changes of a known session are stored, without a cookie (R41, R49)', async () => {
    const expires = new Date(Date.now() + MINUTE).toISOString();
    const cookie = { ...PLAIN_COOKIE, originalMaxAge: MINUTE, expires };
    const store = recordingStore(session, { known: { cookie } });
    const { send } = await serve(session({ ...QUIET, store }), (req, res) => {
      res.write('o');
      req.session['late'] = true;
      res.end('k');
    });
    expect(await send('/', { cookie: cookieFor('known') })).toMatchObject({ body: 'ok', cookies: [] });
    expect(JSON.parse(store.sessions['known']!)).toMatchObject({ late: true });
  });
});

it('changes of a new session after the headers are not stored (R49, W25)', async () => {
  const recordsOf = async (make: AnyFunction): Promise<number> => {
    const store = recordingStore(make);
    const { send } = await serve(make({ ...QUIET, store }), async (req, res) => {
      const ended = once(res, 'close');
      res.write('o');
      req.session['late'] = true;
      res.end('k');
      await ended;
    });
    expect(await send()).toMatchObject({ body: 'ok', cookies: [] });
    return Object.keys(store.sessions).length;
  };
  expect([await recordsOf(ORIGINAL), await recordsOf(session)]).toEqual([1, 0]);
});
