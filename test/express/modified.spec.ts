import {
  cookieFor,
  IMPLEMENTATIONS,
  QUIET,
  recordingStore,
  type Options,
} from './support/entry-implementations.js';
import { closeSites, serve, type SessionHandler } from './support/entry-server.js';
import { useFrozenTime } from './support/frozen-time.js';
import { dataOf } from './support/end-store.js';
import { errorOf } from './support/end-promises.js';

useFrozenTime(Date.UTC(2030, 0, 1));
afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('what counts as modified, with %s', (_, session) => {
  /** Runs one request with a stored session; the calls and the content of the store, and the cookies. */
  async function visit(
    handler: SessionHandler,
    { data = {}, ...options }: Options & { data?: Record<string, unknown> } = {},
  ) {
    const store = recordingStore(session, { known: data });
    const site = await serve(session({ ...QUIET, store, ...options }), handler);
    const response = await site.send('/', { cookie: cookieFor('known') });
    return { calls: store.calls.join(' '), held: dataOf(store, 'known'), cookies: response.cookies.length };
  }
  const SAVED = 'get set';
  const TOUCHED = 'get touch';

  it.each<[string, Record<string, unknown>, SessionHandler, string]>([
    ['nothing', { a: 1 }, (_req, res) => res.end(), TOUCHED],
    ['an attribute', { a: 1 }, (req, res) => ((req.session['a'] = 2), res.end()), SAVED],
    ['a removed attribute', { a: 1 }, (req, res) => (delete req.session['a'], res.end()), SAVED],
    [
      'a value set and set back',
      { a: 1 },
      (req, res) => ((req.session['a'] = 2), (req.session['a'] = 1), res.end()),
      TOUCHED,
    ],
    [
      'a nested key named cookie',
      { a: { cookie: 1 } },
      (req, res) => (((req.session['a'] as { cookie: number }).cookie = 2), res.end()),
      SAVED,
    ],
  ])('compares the text without the cookie: %s (R50)', async (_what, data, handler, calls) => {
    expect(await visit(handler, { data })).toMatchObject({ calls });
  });

  it.each<[string, SessionHandler, string]>([
    ['another order', (req, res) => (delete req.session['a'], (req.session['a'] = 1), res.end()), SAVED],
    ['undefined', (req, res) => ((req.session['c'] = undefined), res.end()), TOUCHED],
    ['a function', (req, res) => ((req.session['c'] = () => 1), res.end()), TOUCHED],
    ['the same date', (req, res) => ((req.session['b'] = new Date(0)), res.end()), TOUCHED],
  ])('compares values as JSON: %s (R51)', async (_what, handler, calls) => {
    const data = { a: 1, b: new Date(0) };
    expect(await visit(handler, { data })).toMatchObject({ calls });
  });

  it('counts another id as a modification (R52)', async () => {
    const handler: SessionHandler = (req, res) => req.session.regenerate(() => res.end(req.sessionID));
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serve(session({ ...QUIET, store }), handler);
    const { body, cookies } = await site.send('/', { cookie: cookieFor('known') });
    expect(store.calls.join(' ')).toBe('get destroy set');
    expect(Object.keys(store.sessions)).toEqual([body]);
    expect(cookies).toHaveLength(1);
  });

  it('counts a text as saved when an explicit save is called (R54)', async () => {
    const handler: SessionHandler = (req, res) => {
      req.session['a'] = 1;
      req.session.save(() => res.end());
    };
    expect(await visit(handler)).toMatchObject({ calls: 'get set touch', held: { a: 1 } });
    const withoutWaiting: SessionHandler = (req, res) => {
      req.session['a'] = 1;
      req.session.save();
      res.end();
    };
    expect(await visit(withoutWaiting)).toMatchObject({ calls: 'get set touch', held: { a: 1 } });
  });

  it('saves changes after an explicit save (R54)', async () => {
    const handler: SessionHandler = async (req, res) => {
      req.session['a'] = 1;
      await errorOf((done) => req.session.save(done));
      req.session['a'] = 2;
      res.end();
    };
    expect(await visit(handler)).toMatchObject({ calls: 'get set set', held: { a: 2 } });
  });

  it('counts no text as saved at first, or the loaded one without resave (R54)', async () => {
    const handler: SessionHandler = (_req, res) => res.end();
    expect(await visit(handler, { resave: true })).toMatchObject({ calls: SAVED });
    expect(await visit(handler, { resave: false })).toMatchObject({ calls: TOUCHED });
  });

  it('does not count a changed cookie; the store gets it by a touch (R55)', async () => {
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session.cookie.maxAge = 60_000;
      res.end();
    });
    const { cookies } = await site.send('/', { cookie: cookieFor('known') });
    expect(store.calls.join(' ')).toBe(TOUCHED);
    expect(cookies).toEqual([]);
    expect(JSON.parse(store.sessions['known']!)).toMatchObject({ a: 1, cookie: { originalMaxAge: 60_000 } });
  });
});

describe('a stored session with names of methods', () => {
  const RESERVED = { save: 1, id: 2, req: 3, touch: 4, a: 5 };

  it.each([
    ['is written again by each request of express-session', IMPLEMENTATIONS[0]!, 'get set', { a: 5 }],
    ['is left alone by nest-session/express', IMPLEMENTATIONS[1]!, 'get touch', RESERVED],
  ])('%s (R53, W24)', async (_what, [, session], calls, held) => {
    const store = recordingStore(session, { known: RESERVED });
    const site = await serve(session({ ...QUIET, store }));
    await site.send('/', { cookie: cookieFor('known') });
    expect(store.calls.join(' ')).toBe(calls);
    expect(dataOf(store, 'known')).toEqual(held);
  });
});
