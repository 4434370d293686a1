import { jest } from '@jest/globals';
import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { ConnectionSessions } from '../../lib/http/connection-sessions.js';
import { endWithSession } from '../../lib/http/event-stream.js';
import { attachedOf, DEFAULT_SESSION } from '../../lib/http/request-properties.js';
import { sessionMiddleware } from '../../lib/http/session-middleware.js';
import { listen, type RunningServer } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

interface Watched {
  readonly end: () => void;
  readonly keepsAlive: boolean | undefined;
}

/** A server whose handler begins the response of each request. */
class StreamServer {
  readonly watched: Watched[] = [];
  unwatched = 0;
  #server!: RunningServer;
  #cookie = '';

  async start(respond: (res: ServerResponse) => void, keepsAlive = false): Promise<void> {
    const session = sessionMiddleware({ secret: SECRET });
    const sessions = {
      watch: (_: unknown, end: () => void, kept?: boolean) => {
        this.watched.push({ end, keepsAlive: kept });
        return () => void this.unwatched++;
      },
    } as unknown as ConnectionSessions;
    this.#server = await listen((req, res) =>
      session(req, res, () => {
        const attached = attachedOf(req, DEFAULT_SESSION)!;
        if (req.url === '/first') {
          (attached.read() as unknown as { n: number }).n = 1;
          return res.end();
        }
        endWithSession({ res, attached, sessions, keepsAlive });
        respond(res);
      }),
    );
    const { headers } = await fetch(`${this.#server.url}/first`);
    this.#cookie = headers.getSetCookie()[0]!.split(';')[0]!;
  }

  async open(): Promise<IncomingMessage> {
    const request = get(this.#server.url, { agent: false, headers: { cookie: this.#cookie } });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response.on('error', () => undefined);
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a response that ends with its session', () => {
  const server = new StreamServer();
  afterEach(async () => {
    jest.useRealTimers();
    await server.close();
    server.watched.length = 0;
    server.unwatched = 0;
  });

  it.each([true, false])('is watched from its head to its close: keepsAlive %p', async (keepsAlive) => {
    await server.start((res) => void res.write('open'), keepsAlive);
    const response = await server.open();
    await manyTurns();
    expect(server.watched.map((one) => one.keepsAlive)).toEqual([keepsAlive]);
    expect(server.unwatched).toBe(0);
    response.destroy();
    while (server.unwatched === 0) await manyTurns();
    expect(server.unwatched).toBe(1);
  });

  it('is not watched where it is complete with its head', async () => {
    await server.start((res) => void res.writeHead(401).end('Unauthorized'));
    const response = await server.open();
    await once(response.resume(), 'end');
    await manyTurns();
    expect([response.statusCode, server.watched]).toEqual([401, []]);
  });

  it('is complete when its session ends, and takes nothing from then on', async () => {
    const [source, late] = [new PassThrough(), new PassThrough()];
    let res!: ServerResponse;
    await server.start((one) => {
      res = one;
      source.pipe(res);
      source.write('open');
    });
    const response = await server.open();
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await manyTurns();
    server.watched[0]!.end();
    source.write('later');
    late.pipe(res);
    late.write('later');
    res.write('later');
    await once(response, 'close');
    expect([text, response.complete]).toEqual(['open', true]);
    await manyTurns();
    expect(res.req.socket.destroyed).toBe(true);
    // Also for a stream that has ended by itself meanwhile.
    server.watched[0]!.end();
  });

  it('is cut after five seconds where the client reads nothing', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    const chunk = Buffer.alloc(1 << 20, 'x');
    let closed!: Promise<unknown>;
    await server.start((res) => {
      closed = once(res, 'close');
      for (let n = 0; n < 64; n++) res.write(chunk);
    });
    const response = await server.open();
    response.pause();
    await manyTurns();
    server.watched[0]!.end();
    await manyTurns();
    expect(jest.getTimerCount()).toBeGreaterThan(0);
    jest.advanceTimersByTime(5000);
    await closed;
    await new Promise((resolve) => response.resume().once('close', resolve));
    expect(response.complete).toBe(false);
  });
});
