import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import express from 'express';

/**
 * Starts a server for a scenario. Its steps: the middleware before the session, the session, the handler, the
 * error page. Resolves with its port and a function that stops it.
 */
export async function start(kind, chain) {
  const server =
    kind === 'express'
      ? createServer(expressApp(chain))
      : kind === 'http2'
        ? createHttp2Server(plain(chain))
        : createServer(plain(chain));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    stop: () => {
      server.closeAllConnections?.();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function expressApp({ before, session, handler, failed, trustProxy, mount }) {
  const app = express();
  if (trustProxy) app.set('trust proxy', true);
  for (const middleware of before) app.use(middleware);
  app.use(mount ?? '/', session);
  app.use(handler);
  app.use((error, req, res, next) => failed(error, req, res, next));
  return app;
}

function plain({ before, session, handler, failed }) {
  return (req, res) => {
    const steps = [...before, session, (...args) => handler(...args)];
    const run = (index, error) => {
      if (error) return failed(error, req, res);
      try {
        const result = steps[index]?.(req, res, (fault) => run(index + 1, fault));
        if (result instanceof Promise) result.catch((fault) => failed(fault, req, res));
      } catch (fault) {
        failed(fault, req, res);
      }
    };
    run(0);
  };
}
