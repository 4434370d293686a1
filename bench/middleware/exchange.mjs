import { Buffer } from 'node:buffer';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';

/** A connection without a network: what is written to it is dropped, after a look for cookies where that is asked for. */
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

/** As Express 5 does with each request: the middleware meets objects that have changed their prototype. */
const expressRequest = Object.create(IncomingMessage.prototype, { app: { value: {}, writable: true } });
const expressResponse = Object.create(ServerResponse.prototype, { app: { value: {}, writable: true } });

const BODY = Buffer.from(JSON.stringify({ ok: true, words: 'what a small route answers with' }));

/**
 * Requests one after another through Node's own HTTP server and parser, with a middleware and a handler, and no
 * network: `send` gives a promise of the end of one answer; `run` sends many and waits for all.
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
  /** The cookies that one answer gives, as a browser sends them back. */
  const cookiesOf = async (request) => {
    socket.seen = [];
    await run([request], 1);
    const found = [...socket.seen.join('').matchAll(/^set-cookie: ([^;\r]*)/gim)];
    socket.seen = null;
    return found.map(([, pair]) => pair).join('; ');
  };
  return { run, cookiesOf, close: () => socket.destroy() };
}

/** One request as a browser sends it. */
export const requestText = (cookie) =>
  Buffer.from(
    'GET /account/overview HTTP/1.1\r\nHost: localhost:3000\r\nConnection: keep-alive\r\n' +
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36\r\n' +
      'Accept: application/json, text/plain, */*\r\nAccept-Language: en-GB,en;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n' +
      `${cookie === undefined ? '' : `Cookie: ${cookie}\r\n`}\r\n`,
  );
