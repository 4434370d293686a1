import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, listening, type RunningServer } from '../../support/http-server.js';
import type { SessionedRequest } from '../../../lib/stores/express-session/session.js';

export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;
export type SessionHandler = (req: Handled, res: ServerResponse) => unknown;

/** A request behind the middleware, where its session is. */
export type Handled = SessionedRequest & {
  session: NonNullable<SessionedRequest['session']>;
  sessionID: string;
};

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly cookies: readonly string[];
  readonly body: string;
}

export interface Site extends RunningServer {
  /** The first error that comes to `next` when that had been called before. */
  readonly lateError: Promise<unknown>;
  /** One request, and its answer. */
  readonly ask: (path?: string, headers?: Record<string, string>, method?: string) => Promise<Answer>;
}

/** What the servers of a file answer with when nothing else is asked. */
const plainEnd: SessionHandler = (_, res) => res.end('ok');

const running: RunningServer[] = [];

/** Servers that are closed after each test. */
export async function closeSites(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close()));
}

/**
 * A plain server behind middlewares. An error that reaches `next` is answered with `500 next: <message>`, an exception
 * of a middleware with `500 thrown: <message>`.
 */
export async function serve(
  middlewares: Middleware | readonly Middleware[],
  handler: SessionHandler = plainEnd,
): Promise<Site> {
  let tell!: (error: unknown) => void;
  const lateError = new Promise((resolve) => (tell = resolve));
  const server = await listen((req, res) => {
    const run = ([first, ...others]: readonly Middleware[]): void => {
      if (first === undefined) return void handler(req as Handled, res);
      let called = false;
      const next = (error?: unknown): void => {
        if (called) return tell(error);
        called = true;
        if (error === undefined) return run(others);
        res.statusCode = 500;
        res.end(`next: ${error instanceof Error ? error.message : (error as string)}`);
      };
      try {
        first(req, res, next);
      } catch (error) {
        res.statusCode = 500;
        res.end(`thrown: ${(error as Error).message}`);
      }
    };
    run([middlewares].flat());
  });
  return site(server, lateError);
}

/** Any server, as one to ask. */
export async function siteOf(server: Parameters<typeof listening>[0]): Promise<Site> {
  return site(await listening(server), new Promise(() => undefined));
}

function site(server: RunningServer, lateError: Promise<unknown>): Site {
  running.push(server);
  const ask: Site['ask'] = async (path = '/', headers = {}, method = 'GET') => {
    const response = await fetch(server.url + path, { method, headers, redirect: 'manual' });
    return {
      status: response.status,
      headers: response.headers,
      cookies: response.headers.getSetCookie(),
      body: await response.text(),
    };
  };
  return { ...server, lateError, ask };
}
