import {
  cookieFor,
  IMPLEMENTATIONS,
  QUIET,
  recordingStore,
  type Options,
} from './support/entry-implementations.js';
import { closeSites, serve, type SessionHandler } from './support/entry-server.js';
import { dataOf } from './support/end-store.js';
import { told } from './support/end-promises.js';

afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('what counts as a change, by %s', (_, session) => {
  /** One request with a stored session: what the store was asked, what it holds, what the browser gets. */
  async function visit(
    handler: SessionHandler,
    { data = {}, ...options }: Options & { data?: Record<string, unknown> } = {},
  ) {
    const store = recordingStore(session, { known: data });
    const site = await serve(session({ ...QUIET, store, ...options }), handler);
    const answer = await site.ask('/', { cookie: cookieFor('known') });
    return { calls: store.calls.join(' '), held: dataOf(store, 'known'), cookies: answer.cookies.length };
  }
  const SAVED = 'get set';
  const TOUCHED = 'get touch';

  it.each<[string, Record<string, unknown>, SessionHandler, string]>([
    ['nothing', { a: 1 }, (_req, res) => res.end(), TOUCHED],
    ['an attribute', { a: 1 }, (req, res) => ((req.session['a'] = 2), res.end()), SAVED],
    ['one that is gone', { a: 1 }, (req, res) => (delete req.session['a'], res.end()), SAVED],
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
  ])('compares the texts without the cookie: %s (R50)', async (_what, data, handler, calls) => {
    expect(await visit(handler, { data })).toMatchObject({ calls });
  });

  it.each<[string, SessionHandler, string]>([
    ['another order', (req, res) => (delete req.session['a'], (req.session['a'] = 1), res.end()), SAVED],
    ['undefined', (req, res) => ((req.session['c'] = undefined), res.end()), TOUCHED],
    ['a function', (req, res) => ((req.session['c'] = () => 1), res.end()), TOUCHED],
    ['the same date', (req, res) => ((req.session['b'] = new Date(0)), res.end()), TOUCHED],
  ])('takes what JSON makes of it: %s (R51)', async (_what, handler, calls) => {
    const data = { a: 1, b: new Date(0) };
    expect(await visit(handler, { data })).toMatchObject({ calls });
  });

  it('takes another id for a change (R52)', async () => {
    const handler: SessionHandler = (req, res) => req.session.regenerate(() => res.end(req.sessionID));
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serve(session({ ...QUIET, store }), handler);
    const { body, cookies } = await site.ask('/', { cookie: cookieFor('known') });
    expect(store.calls.join(' ')).toBe('get destroy set');
    expect(Object.keys(store.sessions)).toEqual([body]);
    expect(cookies).toHaveLength(1);
  });

  it('takes the text of an explicit save for the stored one, as soon as that is called (R54)', async () => {
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

  it('saves again what was changed after an explicit save (R54)', async () => {
    const handler: SessionHandler = async (req, res) => {
      req.session['a'] = 1;
      await told((done) => req.session.save(done));
      req.session['a'] = 2;
      res.end();
    };
    expect(await visit(handler)).toMatchObject({ calls: 'get set set', held: { a: 2 } });
  });

  it('takes nothing for stored at first, and what was loaded where resave is false (R54)', async () => {
    const handler: SessionHandler = (_req, res) => res.end();
    expect(await visit(handler, { resave: true })).toMatchObject({ calls: SAVED });
    expect(await visit(handler, { resave: false })).toMatchObject({ calls: TOUCHED });
  });

  it('takes a changed cookie for no change; the store is told by its touch (R55)', async () => {
    const store = recordingStore(session, { known: { a: 1 } });
    const site = await serve(session({ ...QUIET, store }), (req, res) => {
      req.session.cookie.maxAge = 60_000;
      res.end();
    });
    const { cookies } = await site.ask('/', { cookie: cookieFor('known') });
    expect(store.calls.join(' ')).toBe(TOUCHED);
    expect(cookies).toEqual([]);
    expect(JSON.parse(store.sessions['known']!)).toMatchObject({ a: 1, cookie: { originalMaxAge: 60_000 } });
  });
});

describe('a session that was stored with names which sessions have themselves', () => {
  const RESERVED = { save: 1, id: 2, req: 3, touch: 4, a: 5 };

  it.each([
    ['rewrites it at every request', IMPLEMENTATIONS[0]!, 'get set', { a: 5 }],
    ['leaves it alone', IMPLEMENTATIONS[1]!, 'get touch', RESERVED],
  ])('%s (R53, W24)', async (_what, [, session], calls, held) => {
    const store = recordingStore(session, { known: RESERVED });
    const site = await serve(session({ ...QUIET, store }));
    await site.ask('/', { cookie: cookieFor('known') });
    expect(store.calls.join(' ')).toBe(calls);
    expect(dataOf(store, 'known')).toEqual(held);
  });
});
