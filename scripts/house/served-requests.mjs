/**
 * A server on the loopback interface, with the session middleware of dist and the memory store, and a client with one
 * connection. The kinds of request are those of `KINDS`; `/visit` creates the anonymous session that a login starts from.
 */
import { randomBytes } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import { join } from 'node:path';
import { setImmediate } from 'node:timers';
import { pathToFileURL } from 'node:url';

/** What the handler of each path does, given the session and the number of the request. */
const HANDLERS = {
  '/visit': (session) => (session.cart = 1),
  '/read': (session) => session.userId,
  '/write': (session, number) => (session.count = number),
  '/login': async (session) => {
    await session.regenerate();
    session.userId = 'u1';
  },
  '/logout': (session) => session.destroy(),
};

/** Each kind of request, and the paths that make the session for it: `shared` by all requests of the kind, or one each. */
export const KINDS = [
  { kind: 'read', isShared: true, before: ['/visit', '/login'] },
  { kind: 'write', isShared: true, before: ['/visit', '/login'] },
  { kind: 'login', isShared: false, before: ['/visit'] },
  { kind: 'logout', isShared: false, before: ['/visit', '/login'] },
];

/** Starts the server. `send(path, cookie)` resolves with the cookie that the client has after the response. */
export async function serveRequests(dist) {
  const { sessionMiddleware } = await import(pathToFileURL(join(dist, 'http/index.js')).href);
  const middleware = sessionMiddleware({ secret: randomBytes(32) });
  let number = 0;
  const server = createServer((req, res) => {
    middleware(req, res, async (error) => {
      if (error === undefined) await HANDLERS[req.url](req.session, ++number);
      res.statusCode = error === undefined ? 200 : 500;
      res.end('done');
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (path, cookie) => send({ agent, path, port: server.address().port }, cookie),
    close: async () => {
      agent.destroy();
      server.close();
      await middleware.close();
    },
  };
}

function send(target, cookie) {
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie };
    const sent = request({ host: '127.0.0.1', ...target, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`${target.path}: ${response.statusCode}`));
        const [set] = response.headers['set-cookie'] ?? [];
        // What the server does after the end of the response belongs to this request.
        setImmediate(() => setImmediate(resolve, set?.split(';', 1)[0] ?? cookie));
      });
    });
    sent.on('error', reject).end();
  });
}
