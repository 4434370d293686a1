/**
 * Compiled, never run: TypeScript applications of express-session. `the-session` is express-session with its types from
 * @types/express-session, or nest-session/express: see the tsconfig files of this folder. tsconfig.json is
 * the application that has changed one import and still has the types of express-session.
 */
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import createMemoryStore from 'memorystore';
import sessionFileStore from 'session-file-store';
import session, { MemoryStore, Store } from 'the-session';

declare module 'express-session' {
  interface SessionData {
    userId: string;
    views: Record<string, number>;
    cart: { items: { sku: string; count: number }[] };
  }
}

const app = express();

// 1. Options in a variable of their own, completed for production.
const options: session.SessionOptions = {
  secret: 'keyboard cat',
  resave: false,
  saveUninitialized: false,
  cookie: { maxAge: 60_000, sameSite: 'lax', signed: true },
};
if (app.get('env') === 'production') {
  app.set('trust proxy', 1);
  options.proxy = true;
  options.cookie = { secure: true };
}
app.use(session(options));

// 2. Cookie options in a variable of their own.
const cookieOptions: session.CookieOptions = { httpOnly: true, domain: 'example.com', partitioned: true };
app.use(session({ secret: ['new', 'old'], name: 'sid', cookie: cookieOptions }));

// 3. A cookie that depends on the request.
app.use(session({ secret: 'keyboard cat', cookie: (req) => ({ secure: req.secure, domain: req.hostname }) }));

// 4. Ids by an own function, with and without a type for the request.
app.use(session({ secret: 'keyboard cat', genid: () => randomUUID() }));
app.use(session({ secret: 'keyboard cat', genid: (req: Request) => `${req.ip}-${req.sessionID}` }));
app.use(session({ secret: 'keyboard cat', genid: (req) => req.get('x-id') ?? randomUUID() }));

// 5. The memory store of the package, and of memorystore.
const LimitedMemoryStore = createMemoryStore(session);
app.use(session({ secret: 'keyboard cat', store: new MemoryStore() }));
app.use(session({ secret: 'keyboard cat', store: new LimitedMemoryStore({ checkPeriod: 86_400_000 }) }));

// 6. A store that asks for the function.
const FileStore = sessionFileStore(session);
app.use(session({ secret: Buffer.from('keyboard cat'), store: new FileStore({ ttl: 60 }) }));

// 7. A counter of page views.
app.get('/views', (req, res) => {
  const views = (req.session.views ??= {});
  views[req.path] = (views[req.path] ?? 0) + 1;
  res.send(`viewed ${views[req.path]} times`);
});

// 8. A login: a new id, then a save, then a redirect.
app.post('/login', express.urlencoded({ extended: false }), (req, res, next) => {
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.userId = (req.body as { user: string }).user;
    req.session.save((failed) => {
      if (failed) return next(failed);
      res.redirect('/');
    });
  });
});

// 9. A logout, as the documentation of express-session writes it.
app.get('/logout', (req, res, next) => {
  delete req.session.userId;
  req.session.save((error: Error | null) => {
    if (error) next(error);
    else req.session.destroy(() => res.clearCookie('connect.sid').redirect('/'));
  });
});

// 10. A guard as a function of its own.
export function isAuthenticated(req: Request, res: Response, next: NextFunction): void {
  if (req.session.userId) next();
  else next('route');
}
app.get('/', isAuthenticated, (req, res) => void res.send(`hello ${req.session.userId?.toUpperCase()}`));

// 11. Remember me.
app.post('/remember', (req, res) => {
  req.session.cookie.maxAge = 30 * 24 * 3_600_000;
  req.session.cookie.expires = new Date(Date.now() + 3_600_000);
  const left: number = req.session.cookie.maxAge;
  const original: number | null = req.session.cookie.originalMaxAge;
  res.json({ left, original, path: req.session.cookie.path, secure: req.session.cookie.secure });
});

// 12. Reading again, and touching.
app.get('/reload', (req, res, next) => {
  req.session.reload((error) => (error ? next(error) : res.json(req.session.cart?.items)));
  req.session.touch().resetMaxAge();
});

// 13. The id in a log, and a comparison of ids.
app.use((req, _res, next) => {
  const id: string = req.sessionID;
  if (id === req.session.id) next();
});

// 14. Another session of the same store.
app.get('/other/:id', (req, res, next) => {
  const { id } = req.params;
  req.sessionStore.get(id, (error, found) => {
    if (error) return next(error);
    res.json({ user: found?.userId, expires: found?.cookie.expires });
  });
  req.sessionStore.destroy(id, (error?: unknown) => void error);
});

// 15. A store of the application's own: a class.
class MapStore extends Store {
  readonly #texts = new Map<string, string>();
  get(sid: string, callback: (err: unknown, session?: session.SessionData | null) => void): void {
    const text = this.#texts.get(sid);
    callback(null, text === undefined ? null : (JSON.parse(text) as session.SessionData));
  }
  set(sid: string, data: session.SessionData, callback?: (err?: unknown) => void): void {
    const { userId, cookie } = data;
    this.#texts.set(sid, JSON.stringify({ userId, maxAge: cookie.originalMaxAge }));
    callback?.();
  }
  destroy(sid: string, callback?: (err?: unknown) => void): void {
    this.#texts.delete(sid);
    callback?.();
  }
  override touch(sid: string, data: session.SessionData, callback?: () => void): void {
    this.set(sid, data, callback);
  }
}
app.use(session({ secret: 'keyboard cat', store: new MapStore() }));

// 16. A function that takes any store, and one that makes the middleware.
const watch = (store: session.Store): session.Store => store.on('disconnect', () => console.error('store'));
export function sessions(store: session.Store, more?: Partial<session.SessionOptions>): RequestHandler {
  return session({ secret: 'keyboard cat', ...more, store });
}
export const handlers: RequestHandler[] = [sessions(watch(new MapStore())), session({ secret: 'x' })];

// 17. Data in a variable with its type, and a part of it.
export const cartOf = (data: Partial<session.SessionData>): session.SessionData['cart'] =>
  data.cart ?? { items: [] };
export const emptied: Pick<session.SessionData, 'views'> = { views: {} };

// 18. Session and cookie as types of parameters.
export function expire(one: session.Session, cookie: session.Cookie): void {
  cookie.maxAge = 0;
  one.save(() => undefined).touch();
}
app.use((req, _res, next) => {
  expire(req.session, req.session.cookie);
  next();
});

// 19. A store read from outside any request.
export const usersOf = (store: session.MemoryStore): Promise<string[]> =>
  new Promise((resolve, reject) => {
    store.all((error, all) => {
      if (error) reject(error as Error);
      else resolve(Object.values(all ?? {}).map(({ userId }) => userId));
    });
    store.length((_error, length) => console.log(length));
    store.clear();
  });

// 20. A middleware that is shared with sockets.
const shared = session(options);
export const onConnection = (request: Request, next: NextFunction): void =>
  void shared(request, {} as Response, next);

// 21. A request type of the application's own.
interface UserRequest extends Request {
  user?: { id: string };
}
export const userOf = (req: UserRequest): string | undefined => req.user?.id ?? req.session.userId;

// 22. Statics by the function, and a session that is copied.
export const statics: EventEmitter = new session.MemoryStore();
export const copyOf = (req: Request): Partial<session.SessionData> => ({ ...req.session });

// @ts-expect-error an option that is none
app.use(session({ secret: 'keyboard cat', resafe: true }));
app.use((req) => {
  // @ts-expect-error an attribute has its type
  req.session.userId = 1;
  // @ts-expect-error an attribute that nobody declared
  req.session.nobody = 1;
});
