import session from 'nest-session/express';
import {
  cookieFor,
  ORIGINAL,
  QUIET,
  type Options,
  type AnyFunction,
} from './support/entry-implementations.js';
import { closeSites, serve, type Middleware } from './support/entry-server.js';

afterEach(closeSites);

describe('a request, where it differs from express-session', () => {
  it('for /administrator has no session with the cookie path /admin (R21, W8)', async () => {
    const bodyOf = async (make: AnyFunction): Promise<string> => {
      const { send } = await serve(make({ ...QUIET, cookie: { path: '/admin' } }), (req, res) =>
        res.end(typeof req.session),
      );
      return (await send('/administrator')).body;
    };
    expect([await bodyOf(ORIGINAL), await bodyOf(session)]).toEqual(['object', 'undefined']);
  });

  it.each([
    [{ cookie: 42 }, 'argument options must be a object'],
    [{ cookie: { maxAge: '60' } }, 'maxAge must be a number or Date'],
  ])('gets an error page if the options %p are invalid (R30, W5)', async (options, message) => {
    const { send } = await serve(session({ ...QUIET, saveUninitialized: true, ...options } as Options));
    expect(await send()).toMatchObject({ status: 500, body: `thrown: ${message}`, cookies: [] });
    expect(await send('/', { cookie: cookieFor('unknown') })).toMatchObject({
      status: 500,
      body: `next: ${message}`,
      cookies: [],
    });
  });

  it.each([[undefined], [42], [Promise.resolve('id')], ['']])(
    'fails if genid returns %p (R30, W19)',
    async (id) => {
      const { send } = await serve(session({ ...QUIET, genid: () => id as never }));
      expect((await send()).body).toBe('thrown: genid option must return a string that is not empty');
    },
  );

  it('gets new sessions by the options of its middleware, also if two share a store (R16, W10)', async () => {
    const store = new session.MemoryStore();
    const [first, second] = ['first', 'second'].map((name) =>
      session({ ...QUIET, name, store, genid: () => `${name}-id` }),
    );
    const ids = async (middleware: Middleware): Promise<unknown> => {
      const { send } = await serve(middleware, (req, res) => {
        const { sessionID } = req;
        req.session.regenerate(() => res.end(`${sessionID} ${req.sessionID}`));
      });
      return (await send()).body;
    };
    expect(await ids(first!)).toBe('first-id first-id');
    expect(await ids(second!)).toBe('second-id second-id');
  });
});
