import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import session from 'nest-session/express';
import {
  IMPLEMENTATIONS,
  QUIET,
  cookieFor,
  ORIGINAL,
  recordingStore,
} from './support/entry-implementations.js';
import { closeSites, serve, type Middleware, type SessionHandler } from './support/entry-server.js';

/** A pre-shared key: TLS without a certificate. */
const TLS_KEY = Buffer.from('a key of this test');
const TLS = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;

/** Body and cookies of a response over TLS. */
async function askOverTls(
  middleware: ReturnType<typeof session>,
  handler: SessionHandler,
): Promise<{ body: string; cookies: string[] }> {
  const server = createServer({ ...TLS, pskCallback: () => TLS_KEY }, (req, res) =>
    middleware(req, res, () => handler(req as never, res)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({
    ...TLS,
    pskCallback: () => ({ psk: TLS_KEY, identity: 'test' }),
    checkServerIdentity: () => undefined,
  });
  try {
    return await new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      request({ host: '127.0.0.1', port, agent }, (res) => {
        let body = '';
        res.setEncoding('utf8').on('data', (text: string) => (body += text));
        res.on('end', () => resolve({ body, cookies: res.headers['set-cookie'] ?? [] }));
      })
        .on('error', reject)
        .end();
    });
  } finally {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Properties that Express or a proxy sets on the request. */
const saying =
  (secure: unknown): Middleware =>
  (req, _res, next) => {
    Object.assign(req, { secure });
    next();
  };

const sendAttributes: SessionHandler = ({ session: { cookie } }, res) =>
  res.end(`${String(cookie.secure)} ${String(cookie.sameSite)}`);

afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('a secure cookie of %s', (_, session) => {
  const SECURE = { ...QUIET, saveUninitialized: true, cookie: { secure: true } };

  it.each([[undefined], [true], [false]])('is sent over TLS with proxy %p (R37)', async (proxy) => {
    const { cookies } = await askOverTls(session({ ...SECURE, proxy }), (_, res) => res.end());
    expect(cookies[0]).toMatch(/; Secure$/);
  });

  it.each([
    [true, 'https', true],
    [true, 'http', false],
    [true, undefined, false],
    [true, 'https,http', true],
    [true, 'http,https', false],
    [true, ' HTTPS , http', true],
    [true, 'HttpS', true],
    [true, 'https2', false],
    [true, '', false],
    [false, 'https', false],
    [undefined, 'https', false],
  ])('with proxy %p and X-Forwarded-Proto %p is sent: %p (R37)', async (proxy, proto, expected) => {
    const { send } = await serve(session({ ...SECURE, proxy }));
    const { cookies } = await send('/', proto === undefined ? {} : { 'X-Forwarded-Proto': proto });
    expect(cookies).toHaveLength(expected ? 1 : 0);
  });

  it.each([
    [undefined, true, true],
    [undefined, false, false],
    [undefined, 1, false],
    [undefined, 'yes', false],
    [false, true, false],
    [true, true, false],
  ])('with proxy %p and req.secure %p is sent: %p (R37)', async (proxy, secure, expected) => {
    const { send } = await serve([saying(secure), session({ ...SECURE, proxy })]);
    expect((await send()).cookies).toHaveLength(expected ? 1 : 0);
  });

  it.each([[1], ['x'], [null], [0]])(
    'treats the proxy %p as undefined: reads req.secure, not the header (R12)',
    async (proxy) => {
      const middleware = session({ ...SECURE, proxy: proxy as never });
      const site = await serve([saying(true), middleware]);
      expect((await site.send()).cookies).toHaveLength(1);
      const untold = await serve(middleware);
      expect((await untold.send('/', { 'X-Forwarded-Proto': 'https' })).cookies).toEqual([]);
    },
  );

  it('is not sent over http, without an error, although the session is stored (R40)', async () => {
    const store = recordingStore(session);
    const { send } = await serve(session({ ...SECURE, store }));
    expect(await send()).toMatchObject({ status: 200, body: 'ok', cookies: [] });
    expect(store.calls).toEqual(['set']);
    expect(Object.keys(store.sessions)).toHaveLength(1);
  });

  it.each([
    ['auto', 'auto', 'https', 'true none'],
    ['auto', 'auto', 'http', 'false lax'],
    ['auto', undefined, 'https', 'true undefined'],
    [undefined, 'auto', 'https', 'undefined none'],
    [undefined, 'auto', 'http', 'undefined lax'],
    [false, 'auto', 'https', 'false none'],
    ['auto', 'strict', 'https', 'true strict'],
  ])(
    'generated with secure %p and sameSite %p over %s is "%s" (R38, R39)',
    async (secure, sameSite, proto, expected) => {
      const options = { ...QUIET, proxy: true, cookie: { secure, sameSite } as never };
      const { send } = await serve(session(options), sendAttributes);
      expect((await send('/', { 'X-Forwarded-Proto': proto })).body).toBe(expected);
    },
  );

  it('can be None without Secure if only sameSite is auto (R39)', async () => {
    const options = { ...QUIET, saveUninitialized: true, proxy: true, cookie: { sameSite: 'auto' as const } };
    const { send } = await serve(session(options));
    const { cookies } = await send('/', { 'X-Forwarded-Proto': 'https' });
    expect(cookies[0]).toMatch(/; Path=\/; HttpOnly; SameSite=None$/);
  });

  it('keeps the decision of auto: generated over https, it is not sent over http (R38)', async () => {
    const store = recordingStore(session);
    const options = {
      ...QUIET,
      store,
      proxy: true,
      rolling: true,
      saveUninitialized: true,
      genid: () => 'made',
      cookie: { secure: 'auto' as const },
    };
    const { send } = await serve(session(options));
    expect((await send('/', { 'X-Forwarded-Proto': 'https' })).cookies).toHaveLength(1);
    expect(JSON.parse(store.sessions['made']!)).toMatchObject({ cookie: { secure: true } });
    const cookie = cookieFor('made');
    expect((await send('/', { cookie })).cookies).toEqual([]);
    expect((await send('/', { cookie, 'X-Forwarded-Proto': 'https' })).cookies).toHaveLength(1);
  });

  it('reads auto from the cookie object (R14)', async () => {
    const cookie = { secure: 'auto', sameSite: 'auto' } as const;
    const { send } = await serve(session({ ...QUIET, cookie }), sendAttributes);
    expect((await send()).body).toBe('false lax');
  });
});

describe('a cookie function that returns auto', () => {
  const cookie = (): object => ({ secure: 'auto', sameSite: 'auto' });

  it('is decided as for an object, as opposed to express-session (R14, W9)', async () => {
    const bodies: string[] = [];
    for (const make of [ORIGINAL, session]) {
      const { send } = await serve(make({ ...QUIET, cookie }), sendAttributes);
      bodies.push((await send()).body);
    }
    expect(bodies).toEqual(['auto auto', 'false lax']);
  });

  it('has a cookie over http and over https (R14, W9)', async () => {
    const { send } = await serve(session({ ...QUIET, cookie, proxy: true, saveUninitialized: true }));
    const [http] = (await send()).cookies;
    const [https] = (await send('/', { 'X-Forwarded-Proto': 'https' })).cookies;
    expect(http).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(https).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=None$/);
  });
});
