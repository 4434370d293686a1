import { Buffer } from 'node:buffer';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';

/** A connection without a network. It drops all data, unless `seen` is an array that collects it. */
class Sink extends Duplex {
  seen = null;

  _read() {}

  _write(chunk, encoding, done) {
    this.seen?.push(chunk.toString('latin1'));
    done();
  }

  _writev(chunks, done) {
    if (this.seen !== null) for (const { chunk } of chunks) this.seen.push(chunk.toString('latin1'));
    done();
  }

  setTimeout() {
    return this;
  }
  setNoDelay() {
    return this;
  }
  setKeepAlive() {
    return this;
  }
}

/** Express 5 replaces the prototypes of each request and response before the middleware runs. */
const expressRequest = Object.create(IncomingMessage.prototype, { app: { value: {}, writable: true } });
const expressResponse = Object.create(ServerResponse.prototype, { app: { value: {}, writable: true } });

const BODY = Buffer.from(JSON.stringify({ ok: true, words: 'what a small route answers with' }));

/**
 * Sends requests sequentially through the HTTP server and parser of Node, a middleware and a handler, without
 * a network. `run` sends many requests and waits for all responses. `cookiesOf` sends one and resolves with
 * its cookies.
 */
export function openExchange(middleware, handle, { likeExpress = true } = {}) {
  let finished;
  const answer = (res) => {
    res.setHeader('Content-Type', 'application/json');
    res.setHeader('Content-Length', BODY.length);
    res.end(BODY);
  };
  const server = createServer({ keepAliveTimeout: 0 }, (req, res) => {
    if (likeExpress) {
      Object.setPrototypeOf(req, expressRequest);
      Object.setPrototypeOf(res, expressResponse);
    }
    res.on('finish', () => finished());
    middleware(req, res, (error) => {
      if (error) throw error;
      const waiting = handle(req);
      if (waiting instanceof Promise) waiting.then(() => answer(res));
      else answer(res);
    });
  });
  const socket = new Sink();
  server.emit('connection', socket);

  const run = (requests, count) =>
    new Promise((resolve) => {
      let at = 0;
      const next = () => {
        if (at === count) return resolve();
        socket.push(requests[at++ % requests.length]);
      };
      finished = () => setImmediate(next);
      next();
    });
  /** The cookies that one response sets, as the Cookie header of a later request. */
  const cookiesOf = async (request) => {
    socket.seen = [];
    await run([request], 1);
    const found = [...socket.seen.join('').matchAll(/^set-cookie: ([^;\r]*)/gim)];
    socket.seen = null;
    return found.map(([, pair]) => pair).join('; ');
  };
  return { run, cookiesOf, close: () => socket.destroy() };
}

/** The bytes of one request as a browser sends it. */
export const requestText = (cookie) =>
  Buffer.from(
    'GET /account/overview HTTP/1.1\r\nHost: localhost:3000\r\nConnection: keep-alive\r\n' +
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36\r\n' +
      'Accept: application/json, text/plain, */*\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n' +
      `${cookie === undefined ? '' : `Cookie: ${cookie}\r\n`}\r\n`,
  );
