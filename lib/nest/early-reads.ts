import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * How many requests are watched. Middleware of `main.ts` runs for each request, so the first ones show it.
 */
const WATCHED = 100;

const READ = Symbol('nest-session.read');

type Request = IncomingMessage & { [READ]?: boolean };

/** `undefined`, as without a session. It remembers that it was read; an assignment replaces it. */
const UNSET: PropertyDescriptor & ThisType<Request> = {
  get() {
    this[READ] = true;
    return undefined;
  },
  set(value: unknown) {
    Object.defineProperty(this, 'session', { value, writable: true, enumerable: true, configurable: true });
  },
  enumerable: false,
  configurable: true,
};

/**
 * Finds middleware that reads `req.session` before the session middleware has run, and warns of it once. For
 * applications that mount the session late: middleware of `main.ts` runs before it there.
 */
export class EarlyReads {
  readonly #warn: (line: string) => void;
  #left = WATCHED;

  constructor(warn: (line: string) => void) {
    this.#warn = warn;
  }

  /** A middleware to mount before those of `main.ts`: it notes reads of `req.session`. */
  readonly watch = (req: Request, _: ServerResponse, next: () => void): void => {
    if (this.#left > 0 && !('session' in req)) {
      this.#left--;
      req[READ] = false;
      Object.defineProperty(req, 'session', UNSET);
    }
    next();
  };

  /** Warns if `req.session` of this request was read. Call it before the session is mounted. */
  check(req: Request): void {
    const wasRead = req[READ];
    if (wasRead === undefined) return;
    delete req[READ];
    if (Object.getOwnPropertyDescriptor(req, 'session')?.get === UNSET.get)
      delete (req as { session?: unknown }).session;
    if (!wasRead || this.#left === 0) return;
    this.#left = 0;
    this.#warn(
      'A middleware read req.session before the session middleware had run, and found none. With the options forRoutes, ' +
        "exclude and mount 'module', middleware that main.ts adds by app.use() runs first. Leave these options out, " +
        'or put app.use(app.get(SESSION_MIDDLEWARE)) before that middleware.',
    );
  }
}
