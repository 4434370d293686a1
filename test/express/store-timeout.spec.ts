import { session } from 'nest-session/express';
import { heldStore } from './support/end-store.js';
import { cookieFor, QUIET, recordingStore } from './support/entry-implementations.js';
import { closeSites, serve } from './support/entry-server.js';

const KNOWN = { cookie: cookieFor('known') };

afterEach(closeSites);

describe('a store that does not answer in time', () => {
  it('waits no longer than storeTimeout: the answer goes out, the error is told, and later writes go on (W26)', async () => {
    const store = recordingStore(session, { known: {} });
    const set = store.set as unknown as (...args: unknown[]) => void;
    let forgets = true;
    Object.assign(store, {
      set: (...args: unknown[]) => {
        if (!forgets) set.apply(store, args);
        forgets = false;
      },
    });
    const site = await serve(session({ ...QUIET, store, storeTimeout: 20 }), (req, res) => {
      req.session['a'] = req.url;
      res.end('done');
    });
    expect(await site.ask('/first', KNOWN)).toMatchObject({ status: 200, body: 'done' });
    expect(await site.lateError).toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(await site.ask('/second', KNOWN)).toMatchObject({ status: 200, body: 'done' });
    expect(store.calls.filter((call) => call === 'set')).toHaveLength(1);
  });

  it('answers with an error where the store does not find a session within storeTimeout (W26)', async () => {
    const store = heldStore(session, 'get', { known: {} });
    const site = await serve(session({ ...QUIET, store, storeTimeout: 20 }), (_req, res) => res.end('in'));
    expect(await site.ask('/', KNOWN)).toMatchObject({
      status: 500,
      body: 'next: The session store did not answer in time to serve a session.',
    });
  });

  it.each([[0], [-1], [1.5], [Number.NaN], ['5s'], [null]])(
    'cannot be given a storeTimeout of %p',
    (storeTimeout) => {
      expect(() => session({ ...QUIET, storeTimeout: storeTimeout as number })).toThrow(
        /storeTimeout option must be a positive whole number of milliseconds or Infinity, got/,
      );
    },
  );
});
