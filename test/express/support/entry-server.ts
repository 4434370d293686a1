import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, listening, type RunningServer } from '../../support/http-server.js';
import type { SessionedRequest } from '../../../lib/stores/express-session/session.js';

export type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;
export type SessionHandler = (req: Handled, res: ServerResponse) => unknown;

/** A request after the middleware, with its session. */
export type Handled = SessionedRequest & {
  session: NonNullable<SessionedRequest['session']>;
  sessionID: string;
};

/** A complete response. */
export interface SiteResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly cookies: readonly string[];
  readonly body: string;
}

export interface Site extends RunningServer {
  /** The first error that `next` gets at a second call. */
  readonly lateError: Promise<unknown>;
  /** Sends a request. */
  readonly send: (path?: string, headers?: Record<string, string>, method?: string) => Promise<SiteResponse>;
}

/** The default handler. */
const plainEnd: SessionHandler = (_, res) => res.end('ok');

const running: RunningServer[] = [];

/** Closes the servers of a test. */
export async function closeSites(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close()));
}

/**
 * A server with middlewares. An error that `next` gets is sent as `500 next: <message>`, an exception of a
 * middleware as `500 thrown: <message>`.
 */
export async function serve(
  middlewares: Middleware | readonly Middleware[],
  handler: SessionHandler = plainEnd,
): Promise<Site> {
  let report!: (error: unknown) => void;
  const lateError = new Promise((resolve) => (report = resolve));
  const server = await listen((req, res) => {
    const run = ([first, ...others]: readonly Middleware[]): void => {
      if (first === undefined) return void handler(req as Handled, res);
      let called = false;
      const next = (error?: unknown): void => {
        if (called) return report(error);
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

/** The site of any server. */
export async function siteOf(server: Parameters<typeof listening>[0]): Promise<Site> {
  return site(await listening(server), new Promise(() => undefined));
}

function site(server: RunningServer, lateError: Promise<unknown>): Site {
  running.push(server);
  const send: Site['send'] = async (path = '/', headers = {}, method = 'GET') => {
    const response = await fetch(server.url + path, { method, headers, redirect: 'manual' });
    return {
      status: response.status,
      headers: response.headers,
      cookies: response.headers.getSetCookie(),
      body: await response.text(),
    };
  };
  return { ...server, lateError, send };
}
