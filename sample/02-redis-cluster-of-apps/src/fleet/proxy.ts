import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';

/** Said of one connection, not of the message: never passed on. See RFC 9110, 7.6.1. */
const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-(authenticate|authorization|connection)|te|trailer|transfer-encoding|upgrade)$/;

/** Gives each request to the next application in turn, and to the one after it where nobody is at home. */
export function createProxy(apps: readonly URL[]): Server {
  let turn = 0;
  return createServer((req, res) => {
    const first = turn++ % apps.length;
    forward(req, res, [...apps.slice(first), ...apps.slice(0, first)]);
  });
}

function forward(req: IncomingMessage, res: ServerResponse, [app, ...others]: readonly URL[]): void {
  if (app === undefined) return void res.writeHead(502).end('No application answers.\n');
  const hasBody = 'content-length' in req.headers || 'transfer-encoding' in req.headers;
  const isSafe = (req.method === 'GET' || req.method === 'HEAD') && !hasBody;
  const headers = requestHeaders(req);
  const onward = request(app, { method: req.method, path: req.url, headers, agent: false });
  let isConnected = false;
  onward.once('socket', (socket) =>
    socket.once('connect', () => {
      isConnected = true;
      // Not earlier: a body that is still here can go to another application.
      if (hasBody) req.pipe(onward);
      else onward.end();
    }),
  );
  onward.once('response', (answer) => {
    res.writeHead(answer.statusCode!, endToEnd(answer.headers));
    pipeline(answer, res, () => undefined);
  });
  onward.once('error', () => {
    if (res.headersSent || res.destroyed) res.destroy();
    // What may have been carried out is not sent again, unless it only asks.
    else forward(req, res, isConnected && !isSafe ? [] : others);
  });
  res.once('close', () => onward.destroy());
}

function requestHeaders(req: IncomingMessage): IncomingHttpHeaders {
  const { 'x-forwarded-proto': proto = 'http', 'x-forwarded-for': before } = req.headers;
  const { 'content-length': length, 'transfer-encoding': coding } = req.headers;
  // Where a body ends is said anew, or a header that names these two as hop-by-hop would hide it.
  const framing = coding ? { 'transfer-encoding': 'chunked' } : length ? { 'content-length': length } : {};
  const from = [before, req.socket.remoteAddress].filter(Boolean).join(', ');
  return { ...endToEnd(req.headers), ...framing, 'x-forwarded-proto': proto, 'x-forwarded-for': from };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.test(name) && !named.includes(name)),
  );
}
