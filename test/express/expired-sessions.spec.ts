import { session } from 'nest-session/express';
import type { SessionKey } from '../../lib/core/session-id.js';
import { ExpressStoreAdapter } from '../../lib/stores/express-session/store-adapter.js';
import type { CallbackStore } from '../../lib/stores/express-session/callback-store.js';
import { cookieFor, QUIET } from './support/entry-implementations.js';
import { closeSites, serve } from './support/entry-server.js';

const ID = 'a'.repeat(32);

afterEach(closeSites);

/** A store that also returns expired sessions. */
class Careless {
  readonly sessions = new Map<string, string>();
  readonly called: string[] = [];
  touch?: (id: string, data: unknown, done: () => void) => void;

  constructor(touch: 'rewrites the cookie' | 'leaves the cookie' | 'is missing') {
    if (touch === 'rewrites the cookie') this.touch = (id, data, done) => this.set(id, data, done);
    if (touch === 'leaves the cookie') this.touch = (_id, _data, done) => done();
    const cookie = { originalMaxAge: 1000, expires: new Date(Date.now() - 1000).toISOString(), path: '/' };
    this.sessions.set(ID, JSON.stringify({ cookie, user: 1 }));
  }
  get(id: string, done: (error: unknown, found?: unknown) => void): void {
    this.called.push(id);
    const text = this.sessions.get(id);
    done(null, text === undefined ? undefined : JSON.parse(text));
  }
  set(id: string, data: unknown, done: () => void): void {
    this.sessions.set(id, JSON.stringify(data));
    done();
  }
  destroy(id: string, done: () => void): void {
    this.sessions.delete(id);
    done();
  }
  on(): void {}
}

describe.each([
  ['rewrites the cookie', 'refused'],
  ['is missing', 'refused'],
  ['leaves the cookie', 'served'],
] as const)('an expired session of a store whose touch %s', (touch, outcome) => {
  const isServed = outcome === 'served';

  it(`is ${outcome} by the module`, async () => {
    const careless = new Careless(touch);
    const store = new ExpressStoreAdapter(careless, {}, { idleMs: 60_000, touchEveryMs: null }, 1000);
    for (let n = 0; n < 3; n++) expect((await store.load(ID as SessionKey)) !== null).toBe(isServed);
    // The store was probed at most once, and the probe was removed.
    expect(new Set(careless.called).size).toBeLessThanOrEqual(2);
    expect([...careless.sessions.keys()]).toEqual([ID]);
  });

  it(`is ${outcome} by nest-session/express`, async () => {
    const careless = new Careless(touch);
    const site = await serve(session({ ...QUIET, store: careless as unknown as CallbackStore }), (req, res) =>
      res.end(JSON.stringify(req.session['user'] ?? 'nobody')),
    );
    const { body } = await site.send('/', { cookie: cookieFor(ID) });
    expect(body).toBe(isServed ? '1' : '"nobody"');
  });
});

it('a store is not probed before a session looks expired', async () => {
  const careless = new Careless('rewrites the cookie');
  const cookie = { expires: new Date(Date.now() + 60_000).toISOString() };
  careless.sessions.set(ID, JSON.stringify({ cookie, user: 1 }));
  const store = new ExpressStoreAdapter(careless, {}, { idleMs: 60_000, touchEveryMs: null }, 1000);
  expect(await store.load(ID as SessionKey)).not.toBeNull();
  expect(careless.called).toEqual([ID]);
});

it.each([
  ['an error of a missing file', { code: 'ENOENT' }],
  ['a 404', { statusCode: 404 }],
])('a missing session can be loaded and destroyed if the store reports it by %s', async (_, details) => {
  const error = Object.assign(new Error(`no such session ${ID}`), details);
  const fail = (_id: string, done: (thrown: unknown) => void): void => done(error);
  const store = { get: fail, set: fail, destroy: fail };
  const adapter = new ExpressStoreAdapter(store, {}, { idleMs: 60_000, touchEveryMs: null }, 1000);
  expect(await adapter.load(ID as SessionKey)).toBeNull();
  expect(await adapter.delete(ID as SessionKey)).toBe('deleted');
  const site = await serve(session({ ...QUIET, store: store as unknown as CallbackStore }), (req, res) =>
    res.end(JSON.stringify(req.session['user'] ?? 'nobody')),
  );
  expect(await site.send('/', { cookie: cookieFor(ID) })).toMatchObject({ status: 200, body: '"nobody"' });
});
