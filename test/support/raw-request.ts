import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A request under way: how much of its answer has come, and all of it. */
export interface RawRequest {
  readonly received: () => number;
  /** Settles when the head has come; `null` where the connection ended without one. */
  readonly head: Promise<RawAnswer | null>;
  /** Settles when the connection has ended; `null` where no head came. */
  readonly answer: Promise<RawAnswer | null>;
  readonly abort: () => void;
}

/** Sends one request over a connection of its own, and watches what comes back byte by byte. */
export function rawRequest(url: string, path: string, { method = 'GET', cookie = '' } = {}): RawRequest {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${hostname}`, 'Connection: close', 'Content-Length: 0'];
  if (cookie !== '') lines.push(`Cookie: ${cookie}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  let headCame!: (answer: RawAnswer | null) => void;
  const head = new Promise<RawAnswer | null>((resolve) => (headCame = resolve));
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    if (!text.includes('\r\n\r\n')) return;
    const answered = parse(text);
    headCame(answered);
    // Some answers ask to keep the connection: a complete one ends it here.
    if (isComplete(answered)) socket.end();
  });
  const answer = new Promise<RawAnswer | null>((resolve) => {
    socket
      .on('error', () => undefined)
      .on('close', () => {
        const parsed = text.includes('\r\n\r\n') ? parse(text) : null;
        headCame(parsed);
        resolve(parsed);
      });
  });
  return { received: () => text.length, head, answer, abort: () => socket.destroy() };
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4) };
}

function isComplete({ headers, body }: RawAnswer): boolean {
  if (headers.get('transfer-encoding') === 'chunked') return body.endsWith('0\r\n\r\n');
  return headers.has('content-length') && body.length >= Number(headers.get('content-length'));
}

/** The `name=value` of a cookie that an answer sets. */
export function cookieOf(answer: RawAnswer | null, name = 'connect.sid'): string | undefined {
  return answer?.headers
    .getSetCookie()
    .map((line) => line.split(';')[0]!)
    .find((pair) => pair.startsWith(`${name}=`));
}
