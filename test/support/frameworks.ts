import express from 'express';
import type { sessionMiddleware } from 'nest-session/http';
import { listen, type PlainHandler, type RunningServer, type SessionRequest } from './http-server.js';

type Middleware = ReturnType<typeof sessionMiddleware>;
type Frameworks = readonly (readonly [
  string,
  (session: Middleware, handler: PlainHandler) => Promise<RunningServer>,
])[];

/** Servers without Nest, for `describe.each`. Each runs a handler behind a session middleware. */
export const FRAMEWORKS: Frameworks = [
  [
    'node:http',
    (session, handler) =>
      listen((req, res) => {
        session(req, res, (error) => {
          if (error === undefined) void handler(req as SessionRequest, res);
          else res.writeHead((error as { readonly status: number }).status).end();
        });
      }),
  ],
  [
    'Express',
    (session, handler) => {
      const app = express();
      app.use(session as unknown as express.RequestHandler);
      app.use((req, res) => handler(req as unknown as SessionRequest, res));
      return listen(app);
    },
  ],
];
