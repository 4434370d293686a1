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

describe('a request that comes to us, otherwise than to express-session', () => {
  it('has no session of the path /admin for /administrator (R21, W8)', async () => {
    const told = async (make: AnyFunction): Promise<string> => {
      const { ask } = await serve(make({ ...QUIET, cookie: { path: '/admin' } }), (req, res) =>
        res.end(typeof req.session),
      );
      return (await ask('/administrator')).body;
    };
    expect([await told(ORIGINAL), await told(session)]).toEqual(['object', 'undefined']);
  });

  it.each([
    [{ cookie: 42 }, 'argument options must be a object'],
    [{ cookie: { maxAge: '60' } }, 'maxAge must be a number or Date'],
  ])(
    'is answered with an error page where the options %p are invalid (R30, W5)',
    async (options, message) => {
      const { ask } = await serve(session({ ...QUIET, saveUninitialized: true, ...options } as Options));
      expect(await ask()).toMatchObject({ status: 500, body: `thrown: ${message}`, cookies: [] });
      expect(await ask('/', { cookie: cookieFor('unknown') })).toMatchObject({
        status: 500,
        body: `next: ${message}`,
        cookies: [],
      });
    },
  );

  it.each([[undefined], [42], [Promise.resolve('id')], ['']])(
    'is refused where genid gives %p (R30, W19)',
    async (id) => {
      const { ask } = await serve(session({ ...QUIET, genid: () => id as never }));
      expect((await ask()).body).toBe('thrown: genid option must return a string that is not empty');
    },
  );

  it('gets new sessions by the options of its own middleware, where two share a store (R16, W10)', async () => {
    const store = new session.MemoryStore();
    const [first, second] = ['first', 'second'].map((name) =>
      session({ ...QUIET, name, store, genid: () => `${name}-id` }),
    );
    const ids = async (middleware: Middleware): Promise<unknown> => {
      const { ask } = await serve(middleware, (req, res) => {
        const { sessionID } = req;
        req.session.regenerate(() => res.end(`${sessionID} ${req.sessionID}`));
      });
      return (await ask()).body;
    };
    expect(await ids(first!)).toBe('first-id first-id');
    expect(await ids(second!)).toBe('second-id second-id');
  });
});
