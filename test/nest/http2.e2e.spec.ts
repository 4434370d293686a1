import { connect, type IncomingHttpHeaders } from 'node:http2';
import { Controller, Get, Sse, type MessageEvent } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { from, type Observable } from 'rxjs';
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
}

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
});
