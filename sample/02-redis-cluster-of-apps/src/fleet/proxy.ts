import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';

/** Headers of one connection, which a proxy must not forward. See RFC 9110, 7.6.1. */
const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-(authenticate|authorization|connection)|te|trailer|transfer-encoding|upgrade)$/;

/** Sends each request to the next application in turn, and to the one after it if that does not accept connections. */
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
      // Not earlier: a body that was not sent yet can go to another application.
      if (hasBody) req.pipe(onward);
      else onward.end();
    }),
  );
  onward.once('response', (response) => {
    res.writeHead(response.statusCode!, endToEnd(response.headers));
    pipeline(response, res, () => undefined);
  });
  onward.once('error', () => {
    if (res.headersSent || res.destroyed) res.destroy();
    // A request that may have been executed is not sent again, unless it is a GET or HEAD.
    else forward(req, res, isConnected && !isSafe ? [] : others);
  });
  res.once('close', () => onward.destroy());
}

function requestHeaders(req: IncomingMessage): IncomingHttpHeaders {
  const { 'x-forwarded-proto': proto = 'http', 'x-forwarded-for': before } = req.headers;
  const { 'content-length': length, 'transfer-encoding': coding } = req.headers;
  // The proxy sets the length of the body itself: a Connection header could name these two headers and remove them.
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
