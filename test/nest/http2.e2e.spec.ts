import { once } from 'node:events';
import { connect, constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { Controller, Get, Post, Sse, type MessageEvent } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { concat, finalize, from, NEVER, of, type Observable } from 'rxjs';
import { startApp } from '../support/adapters.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

@Controller()
class CounterController {
  @Get('count') count(@Session() session: UserSession) {
    return { n: session.update<number>('n', (n = 0) => n + 1) };
  }
  @Sse('events') events(@Session() session: UserSession): Observable<MessageEvent> {
    session['events'] = true;
    return from([{ data: 'one' }, { data: 'two' }]);
  }
  @Sse('endless') endless(): Observable<MessageEvent> {
    return concat(of({ data: 'one' }), NEVER).pipe(finalize(() => onUnsubscribed()));
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
}

let onUnsubscribed = (): void => undefined;

describe('HTTP/2 on Fastify (W13)', () => {
  it('keeps sessions, streams events, and responds 503 after a failed commit', async () => {
    const store = new CountingStore();
    const imports = [SessionModule.forRoot({ secret: SECRET, store })];
    const { app, url } = await startApp(() => new FastifyAdapter({ http2: true } as object), {
      imports,
      controllers: [CounterController],
    });
    const client = connect(url);
    const get = (path: string, cookie?: string): Promise<{ headers: IncomingHttpHeaders; body: string }> =>
      new Promise((resolve, reject) => {
        const stream = client.request({ ':path': path, ...(cookie === undefined ? {} : { cookie }) });
        let headers: IncomingHttpHeaders = {};
        let body = '';
        stream
          .on('response', (head) => (headers = head))
          .on('data', (chunk: Buffer) => (body += chunk.toString()));
        stream.on('end', () => resolve({ headers, body })).on('error', reject);
        stream.end();
      });
    try {
      const first = await get('/count');
      const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
      expect(first.body).toBe('{"n":1}');
      expect((await get('/count', cookie)).body).toBe('{"n":2}');
      expect((await get('/events', cookie)).body).toMatch(/data: one[^]*data: two/);
      store.failing = { patch: new Error('down') };
      const failed = await get('/count', cookie);
      expect([failed.headers[':status'], failed.headers['set-cookie']]).toEqual([503, undefined]);
    } finally {
      client.close();
      await app.close();
    }
  });

  it('ends the event streams of a session with it, and leaves the connection open (S-42)', async () => {
    const { app, url } = await startApp(() => new FastifyAdapter({ http2: true } as object), {
      imports: [SessionModule.forRoot({ secret: SECRET })],
      controllers: [CounterController],
    });
    const client = connect(url);
    const send = (method: string, path: string, cookie = ''): ClientHttp2Stream =>
      client.request({ ':method': method, ':path': path, cookie }).resume();
    const finished = (stream: ClientHttp2Stream): Promise<unknown[]> => once(stream, 'end');
    try {
      const first = send('GET', '/count');
      const [head] = (await once(first, 'response')) as [IncomingHttpHeaders];
      const cookie = head['set-cookie']![0]!.split(';')[0]!;
      const unsubscribed = new Promise<void>((resolve) => (onUnsubscribed = resolve));
      const stream = send('GET', '/endless', cookie);
      await once(stream, 'data');
      const end = finished(stream);
      await finished(send('POST', '/logout', cookie));
      await Promise.all([end, unsubscribed]);
      expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
      await finished(send('GET', '/count'));
      expect(client.closed).toBe(false);
    } finally {
      client.close();
      await app.close();
    }
  });
});
