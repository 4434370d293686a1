import {
  ignoreDeprecations,
  IMPLEMENTATIONS,
  cookieFor,
  QUIET,
  recordingStore,
} from './support/entry-implementations.js';
import { closeSites, serve, type Handled } from './support/entry-server.js';

ignoreDeprecations();
afterEach(closeSites);

describe.each(IMPLEMENTATIONS)('a genid function of %s', (_, session) => {
  it.each([
    ['a request without a cookie', {}, ['undefined', 'undefined']],
    ['a request with an unknown id', { cookie: cookieFor('gone') }, ['string', 'undefined']],
  ])('reads the previous state of the request: %s (R30)', async (_case, headers, expected) => {
    const seen: unknown[] = [];
    const genid = (req: unknown): string => {
      const { sessionID, session: before } = req as Partial<Handled>;
      seen.push(typeof sessionID, typeof before?.id);
      return 'made';
    };
    const { send } = await serve(session({ ...QUIET, genid }));
    expect((await send('/', headers)).body).toBe('ok');
    expect(seen).toEqual(expected);
  });

  it('reads the old id during regenerate (R82)', async () => {
    const seen: unknown[] = [];
    const genid = (req: unknown): string => {
      const { sessionID, session: before } = req as Partial<Handled>;
      seen.push(sessionID, before?.id);
      return 'made';
    };
    const store = recordingStore(session, { known: { n: 1 } });
    const { send } = await serve(session({ ...QUIET, store, genid }), (req, res) =>
      req.session.regenerate(() => res.end(req.sessionID)),
    );
    expect((await send('/', { cookie: cookieFor('known') })).body).toBe('made');
    expect(seen).toEqual(['known', 'known']);
  });
});
