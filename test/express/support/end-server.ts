import { createServer } from 'node:http';
import { siteOf, type Handled, type Middleware, type SessionHandler, type Site } from './entry-server.js';

/** A server that sends an error page for every error that `next` gets, also late: `500 sorry: <message>`. */
export function serveWithErrorPage(middleware: Middleware, handler: SessionHandler): Promise<Site> {
  const server = createServer((req, res) => {
    middleware(req, res, (error) => {
      if (error === undefined) return void handler(req as Handled, res);
      res.statusCode = 500;
      res.end(`sorry: ${(error as Error).message}`);
    });
  });
  return siteOf(server);
}
