import { connect } from 'node:net';

/** A response as received. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A sent request, and its response as far as it is received. */
export interface RawRequest {
  readonly received: () => number;
  /** Resolves when the head is received; `null` if the connection ended without one. */
  readonly head: Promise<RawResponse | null>;
  /** Resolves when the connection has ended; `null` if no head was received. */
  readonly answer: Promise<RawResponse | null>;
  readonly abort: () => void;
}

/** Sends one request over a new connection, and reads the response byte by byte. */
export function rawRequest(url: string, path: string, { method = 'GET', cookie = '' } = {}): RawRequest {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${hostname}`, 'Connection: close', 'Content-Length: 0'];
  if (cookie !== '') lines.push(`Cookie: ${cookie}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  let onHead!: (response: RawResponse | null) => void;
  const head = new Promise<RawResponse | null>((resolve) => (onHead = resolve));
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    if (!text.includes('\r\n\r\n')) return;
    const response = parse(text);
    onHead(response);
    // Some responses keep the connection open: it ends here when the response is complete.
    if (isComplete(response)) socket.end();
  });
  const answer = new Promise<RawResponse | null>((resolve) => {
    socket
      .on('error', () => undefined)
      .on('close', () => {
        const parsed = text.includes('\r\n\r\n') ? parse(text) : null;
        onHead(parsed);
        resolve(parsed);
      });
  });
  return { received: () => text.length, head, answer, abort: () => socket.destroy() };
}

function parse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4) };
}

function isComplete({ headers, body }: RawResponse): boolean {
  if (headers.get('transfer-encoding') === 'chunked') return body.endsWith('0\r\n\r\n');
  return headers.has('content-length') && body.length >= Number(headers.get('content-length'));
}

/** The `name=value` of a cookie in a response. */
export function cookieOf(response: RawResponse | null, name = 'connect.sid'): string | undefined {
  return response?.headers
    .getSetCookie()
    .map((line) => line.split(';')[0]!)
    .find((pair) => pair.startsWith(`${name}=`));
}
