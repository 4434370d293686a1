import { session } from 'nest-session/express';
import { ExpressStoreAdapter } from '../../lib/stores/express-session/store-adapter.js';
import { isTimeout } from '../../lib/core/errors.js';
import type { SessionKey } from '../../lib/core/session-id.js';
import type { SessionRecord } from '../../lib/core/store/session-record.js';
import { dataOf, heldStore, turn } from './support/end-store.js';
import { cookieFor, QUIET, recordingStore } from './support/entry-implementations.js';
import { closeSites, serve } from './support/entry-server.js';

const KNOWN = { cookie: cookieFor('known') };
/** Each test waits so long: more than a store call takes on a busy machine. */
const STORE_TIMEOUT = 500;

afterEach(closeSites);

describe('a store that exceeds storeTimeout', () => {
  it('does not block the response or later writes, and next gets the error (W26)', async () => {
    const store = recordingStore(session, { known: {} });
    const set = store.set as unknown as (...args: unknown[]) => void;
    let forgets = true;
    Object.assign(store, {
      set: (...args: unknown[]) => {
        if (!forgets) set.apply(store, args);
        forgets = false;
      },
    });
    const site = await serve(session({ ...QUIET, store, storeTimeout: STORE_TIMEOUT }), (req, res) => {
      req.session['a'] = req.url;
      res.end('done');
    });
    expect(await site.send('/first', KNOWN)).toMatchObject({ status: 200, body: 'done' });
    expect(await site.lateError).toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await site.send('/second', KNOWN)).toMatchObject({ status: 200, body: 'done' });
    expect(store.calls.filter((call) => call === 'set')).toHaveLength(1);
  });

  it('causes an error page if it is a load (W26)', async () => {
    const store = heldStore(session, 'get', { known: {} });
    const site = await serve(session({ ...QUIET, store, storeTimeout: STORE_TIMEOUT }), (_req, res) =>
      res.end('in'),
    );
    expect(await site.send('/', KNOWN)).toMatchObject({
      status: 500,
      body: 'next: The session store did not serve a session in time.',
    });
  });

  it('does not restore a session by a write that completes after a logout (W26)', async () => {
    const store = recordingStore(session, { known: { user: 1 } });
    const set = store.set as unknown as (...args: unknown[]) => void;
    let land: (() => void) | undefined;
    Object.assign(store, {
      set: (...args: unknown[]) => {
        if (land === undefined) land = () => set.apply(store, args);
        else set.apply(store, args);
      },
    });
    const site = await serve(session({ ...QUIET, store, storeTimeout: STORE_TIMEOUT }), (req, res) => {
      if (req.url === '/logout') return void req.session.destroy(() => res.end('out'));
      req.session['a'] = req.url;
      res.end('done');
    });
    await site.send('/slow', KNOWN);
    expect(await site.send('/logout', KNOWN)).toMatchObject({ body: 'out' });
    land!();
    await turn();
    expect(dataOf(store, 'known')).toBeUndefined();
  });

  it('does not restore a session through the adapter of the module, which reports a timeout', async () => {
    const sessions = new Map<string, unknown>();
    let land: (() => void) | undefined;
    const store = new ExpressStoreAdapter(
      {
        get: (id: string, done: (error: unknown, found?: unknown) => void) => done(null, sessions.get(id)),
        set: (id: string, data: unknown, done: () => void) => {
          land = () => {
            sessions.set(id, data);
            done();
          };
        },
        destroy: (id: string, done: () => void) => {
          sessions.delete(id);
          done();
        },
      },
      {},
      { idleMs: 60_000, touchEveryMs: null },
      STORE_TIMEOUT,
    );
    const key = 'a'.repeat(32) as SessionKey;
    sessions.set(key, { user: 1, cookie: {} });
    const record = await store.load(key);
    const changes = new Map([['user', { from: '1', to: '2' }]]);
    const { touchedAt, expiresAt } = record as SessionRecord;
    const error: unknown = await store
      .patch(key, { touchedAt, expiresAt, principal: { from: null, to: null }, changes })
      .catch((thrown: unknown) => thrown);
    expect(isTimeout(error as Error)).toBe(true);
    expect(await store.delete(key)).toBe('deleted');
    land!();
    await turn();
    expect(sessions.size).toBe(0);
  });

  it.each([[0], [-1], [1.5], [Number.NaN], ['5s'], [null]])(
    'rejects a storeTimeout of %p',
    (storeTimeout) => {
      expect(() => session({ ...QUIET, storeTimeout: storeTimeout as number })).toThrow(
        /storeTimeout option must be a positive whole number of milliseconds or Infinity, got/,
      );
    },
  );
});
