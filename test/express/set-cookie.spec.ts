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
  'new untouched': { handler: leave, known: false, maxAge: null },
  'new modified': { handler: modify, known: false, maxAge: null },
  'known untouched': { handler: leave, known: true, maxAge: null },
  'known modified': { handler: modify, known: true, maxAge: null },
  'known untouched with maxAge': { handler: leave, known: true, maxAge: MINUTE },
  'known modified with maxAge': { handler: modify, known: true, maxAge: MINUTE },
} as const;

const BOTH = [true, false];
const [NO_COOKIE, COOKIE] = [0, 1];
type Row = [situation: keyof typeof SITUATIONS, boolean[], boolean[], boolean[], string[], number];

/** Situation; resave, saveUninitialized and rolling; what the store is asked for, and how many cookies are set. */
const TABLE: readonly Row[] = [
  ['new untouched', BOTH, [true], BOTH, ['set'], COOKIE],
  ['new untouched', BOTH, [false], BOTH, [], NO_COOKIE],
  ['new modified', BOTH, BOTH, BOTH, ['set'], COOKIE],
  ['known untouched', [true], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known untouched with maxAge', [true], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known modified', [true], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known modified with maxAge', [true], BOTH, [false], ['get', 'set'], COOKIE],
  ['known untouched', [true], BOTH, [true], ['get', 'set'], COOKIE],
  ['known modified', [true], BOTH, [true], ['get', 'set'], COOKIE],
  ['known untouched', [false], BOTH, [false], ['get', 'touch'], NO_COOKIE],
  ['known untouched with maxAge', [false], BOTH, [false], ['get', 'touch'], NO_COOKIE],
  ['known modified', [false], BOTH, [false], ['get', 'set'], NO_COOKIE],
  ['known modified with maxAge', [false], BOTH, [false], ['get', 'set'], COOKIE],
  ['known untouched', [false], BOTH, [true], ['get', 'touch'], COOKIE],
  ['known modified', [false], BOTH, [true], ['get', 'set'], COOKIE],
];

const CASES = TABLE.flatMap(([situation, resaves, saves, rollings, calls, cookies]) =>
  resaves.flatMap((resave) =>
    saves.flatMap((saveUninitialized) =>
      rollings.map((rolling) => ({ situation, resave, saveUninitialized, rolling, calls, cookies })),
    ),
  ),
);

/** What the store was asked for and the cookies that came, for one of the situations. */
async function outcomeOf(make: AnyFunction, name: keyof typeof SITUATIONS, options: object) {
  const { handler, known, maxAge } = SITUATIONS[name];
  const expires = maxAge === null ? null : new Date(Date.now() + maxAge).toISOString();
  const cookie = { ...PLAIN_COOKIE, originalMaxAge: maxAge, expires };
  const store = recordingStore(make, { known: { cookie, a: 'old' } });
  const { ask } = await serve(make({ ...QUIET, store, ...options }), handler);
  const answer = await ask('/', known ? { cookie: cookieFor('known') } : {});
  return { calls: store.calls, cookies: answer.cookies.length };
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
  ])('goes out once, with the headers of %s (R41)', async (_, answer, headers) => {
    const { ask } = await serve(session(EAGER), (_, res) => answer(res));
    const { cookies, body, headers: got } = await ask();
    expect([cookies, body]).toEqual([[OURS], 'ok']);
    expect(Object.fromEntries(Object.keys(headers).map((name) => [name, got.get(name)]))).toEqual(headers);
  });

  it.each([
    ['no session is left', { session: null }],
    ['the session was taken away', { session: undefined }],
    ['the id is a number', { sessionID: 42 }],
    ['the id is gone', { sessionID: undefined }],
  ])('is none where %s (R42)', async (_, changes) => {
    const { ask } = await serve(session(EAGER), (req, res) => {
      Object.assign(req, changes);
      res.end('ok');
    });
    expect(await ask()).toMatchObject({ status: 200, body: 'ok', cookies: [] });
  });

  it.each<[string, Date | false | null | undefined, number]>([
    ['a date', new Date(Date.now() + MINUTE), COOKIE],
    ['null', null, NO_COOKIE],
    ['undefined', undefined, NO_COOKIE],
    ['false', false, COOKIE],
  ])('of a known session that was modified depends on its expires: %s (R42)', async (_, expires, count) => {
    const store = recordingStore(session, { known: {} });
    const { ask } = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session.cookie.expires = expires;
      modify(req, res);
    });
    expect((await ask('/', { cookie: cookieFor('known') })).cookies).toHaveLength(count);
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
  ])('of an untouched session without a touch in the store, rolling %p (R43)', async (rolling, cookies) => {
    const store = recordingStore(session, { known: {} });
    Object.assign(store, { touch: undefined });
    const { ask } = await serve(session({ ...QUIET, store, rolling }));
    const answer = await ask('/', { cookie: cookieFor('known') });
    expect([store.calls, answer.cookies.length]).toEqual([['get'], cookies]);
  });

  it.each<[string, (res: ServerResponse) => unknown, string[]]>([
    ['one set', (res) => res.setHeader('Set-Cookie', 'a=1').end(), ['a=1']],
    ['two set', (res) => res.setHeader('Set-Cookie', ['a=1', 'b=2']).end(), ['a=1', 'b=2']],
    ['one of writeHead', (res) => res.writeHead(200, { 'Set-Cookie': 'a=1' }).end(), ['a=1']],
    ['two of writeHead', (res) => res.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end(), ['a=1', 'b=2']],
    ['one of its own name', (res) => res.setHeader('Set-Cookie', 'connect.sid=x').end(), ['connect.sid=x']],
  ])('comes behind those of the application: %s (R44)', async (_, answer, before) => {
    const { ask } = await serve(session(EAGER), (_, res) => answer(res));
    expect((await ask()).cookies).toEqual([...before, OURS]);
  });

  it('has its attributes in one order, and never Max-Age (R45)', async () => {
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
    const { ask } = await serve(session({ ...EAGER, proxy: true, cookie }));
    const { cookies } = await ask('/x', { 'X-Forwarded-Proto': 'https' });
    const [, expires = ''] = /Expires=([^;]+)/.exec(cookies[0]!) ?? [];
    expect(Math.abs(Date.parse(expires) - Date.now() - MINUTE)).toBeLessThan(5000);
    expect(cookies).toEqual([
      `${cookieFor('made')}; Domain=example.org; Path=/x; Expires=${expires}` +
        '; HttpOnly; Secure; Partitioned; Priority=High; SameSite=Lax',
    ]);
  });

  it('has its value encoded (R45)', async () => {
    const { ask } = await serve(session({ ...EAGER, genid: () => 'ä b;c' }));
    expect((await ask()).cookies[0]).toBe(`${cookieFor('ä b;c')}; Path=/; HttpOnly`);
  });

  it('carries req.sessionID, signed with the first secret; the store keeps session.id (R46)', async () => {
    const store = recordingStore(session);
    const { ask } = await serve(session({ ...EAGER, store, secret: [SECRET, OTHER_SECRET] }), (req, res) => {
      req.sessionID = 'overwritten';
      res.end();
    });
    expect((await ask()).cookies).toEqual([`${cookieFor('overwritten')}; Path=/; HttpOnly`]);
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
  ])('is missing where it cannot be made, and next hears of it: %s (R47)', async (message, options) => {
    const middleware = session({ ...EAGER, ...options });
    const { ask, lateError } = await serve(middleware);
    expect(await ask('/;')).toMatchObject({ status: 200, body: 'ok', cookies: [] });
    expect(await lateError).toMatchObject({ name: 'TypeError' });
    expect(((await lateError) as Error).message).toMatch(message);
  });

  it.each([
    ['end', (res: ServerResponse) => res.end()],
    ['writeHead', (res: ServerResponse) => res.writeHead(200).end()],
    ['write', (res: ServerResponse) => void (res.write('x'), res.end())],
  ])(
    'comes behind that of a wrapper that was put on later, before that of an earlier one: %s (R48)',
    async (_, answer) => {
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
      const { ask } = await serve([wrap('earlier=1'), session(EAGER), wrap('later=1')], (_, res) =>
        answer(res),
      );
      expect((await ask()).cookies).toEqual(['later=1', OURS, 'earlier=1']);
    },
  );

  it('is decided with the headers: what a known session changes later is stored, without a cookie (R41, R49)', async () => {
    const expires = new Date(Date.now() + MINUTE).toISOString();
    const cookie = { ...PLAIN_COOKIE, originalMaxAge: MINUTE, expires };
    const store = recordingStore(session, { known: { cookie } });
    const { ask } = await serve(session({ ...QUIET, store }), (req, res) => {
      res.write('o');
      req.session['late'] = true;
      res.end('k');
    });
    expect(await ask('/', { cookie: cookieFor('known') })).toMatchObject({ body: 'ok', cookies: [] });
    expect(JSON.parse(store.sessions['known']!)).toMatchObject({ late: true });
  });
});

it('what a new session changes after the headers went out is not stored for nobody (R49, W25)', async () => {
  const recordsOf = async (make: AnyFunction): Promise<number> => {
    const store = recordingStore(make);
    const { ask } = await serve(make({ ...QUIET, store }), async (req, res) => {
      const ended = once(res, 'close');
      res.write('o');
      req.session['late'] = true;
      res.end('k');
      await ended;
    });
    expect(await ask()).toMatchObject({ body: 'ok', cookies: [] });
    return Object.keys(store.sessions).length;
  };
  expect([await recordsOf(ORIGINAL), await recordsOf(session)]).toEqual([1, 0]);
});
