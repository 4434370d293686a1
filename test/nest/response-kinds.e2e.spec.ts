import { Readable } from 'node:stream';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  BadRequestException,
  Controller,
  Get,
  Head,
  Header,
  HttpCode,
  Post,
  Redirect,
  Req,
  Res,
  Sse,
  StreamableFile,
  type MessageEvent,
} from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { from, type Observable } from 'rxjs';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { CountingStore } from '../support/counting-store.js';
import { cookieOf, rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';

type AnyResponse = {
  raw?: ServerResponse;
  send(body: unknown): unknown;
  setHeader?: unknown;
  status(code: number): AnyResponse;
};
const rawOf = (res: AnyResponse | ServerResponse): ServerResponse =>
  'raw' in res && res.raw ? res.raw : (res as ServerResponse);
const hijacked = (res: AnyResponse): ServerResponse => {
  (res as { hijack?: () => void }).hijack?.();
  return rawOf(res);
};

@Controller('kind')
class KindController {
  @Get('json') json(@Session() s: UserSession) {
    s['kind'] = 'json';
    return { hello: 'world' };
  }
  @Get('string') string(@Session() s: UserSession) {
    s['kind'] = 'string';
    return 'hello';
  }
  @Get('empty') empty(@Session() s: UserSession) {
    s['kind'] = 'empty';
  }
  @Get('204') @HttpCode(204) noContent(@Session() s: UserSession) {
    s['kind'] = '204';
  }
  @Get('304') @HttpCode(304) notModified(@Session() s: UserSession) {
    s['kind'] = '304';
  }
  @Head('head') head(@Session() s: UserSession) {
    s['kind'] = 'head';
    return 'a body that HEAD leaves out';
  }
  @Get('redirect') @Redirect('/elsewhere', 302) redirect(@Session() s: UserSession) {
    s['kind'] = 'redirect';
  }
  @Get('created') @HttpCode(201) @Header('X-Own', 'yes') created(@Session() s: UserSession) {
    s['kind'] = 'created';
    return { created: true };
  }
  @Get('stream') stream(@Session() s: UserSession) {
    s['kind'] = 'stream';
    return new StreamableFile(
      Readable.from([Buffer.from('one,'), Buffer.from('two,'), Buffer.from('three')]),
    );
  }
  @Get('buffer') buffer(@Session() s: UserSession) {
    s['kind'] = 'buffer';
    return new StreamableFile(Buffer.from('a buffer of known length'), { length: 24 });
  }
  @Get('large') large(@Session() s: UserSession) {
    s['kind'] = 'large';
    return new StreamableFile(Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536, 'x'))));
  }
  @Sse('sse') sse(@Session() s: UserSession): Observable<MessageEvent> {
    s['kind'] = 'sse';
    return from([{ data: 'one' }, { data: 'two' }]);
  }
  @Get('res-send') resSend(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'res-send';
    res.status(202).send('sent by hand');
  }
  @Get('raw-end') rawEnd(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'raw-end';
    hijacked(res).end('ended');
  }
  @Get('raw-end-encoding') rawEndEncoding(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'raw-end-encoding';
    hijacked(res).end('656e646564', 'hex', () => undefined);
  }
  @Get('raw-end-callback') rawEndCallback(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'raw-end-callback';
    const raw = hijacked(res);
    raw.write('ended');
    raw.end(() => undefined);
  }
  @Get('raw-write') rawWrite(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'raw-write';
    const raw = hijacked(res);
    raw.write('one,');
    raw.write(Buffer.from('two,'));
    raw.end('three');
  }
  @Get('write-head') writeHead(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'write-head';
    hijacked(res)
      .writeHead(203, 'Custom', { 'X-Own': 'yes', 'set-cookie': ['other=1; Path=/', 'third=3'] })
      .end('headed');
  }
  @Get('write-head-array') writeHeadArray(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'write-head-array';
    const raw = hijacked(res);
    raw.setHeader('Set-Cookie', 'replaced=0');
    raw.writeHead(200, ['X-Own', 'yes', 'Set-Cookie', 'other=1', 'Set-Cookie', 'third=3'] as never);
    raw.end('headed');
  }
  @Get('flush') flush(@Session() s: UserSession, @Res() res: AnyResponse) {
    s['kind'] = 'flush';
    const raw = hijacked(res);
    raw.flushHeaders();
    raw.end('flushed');
  }
  @Get('bad-request') badRequest(@Session() s: UserSession) {
    s['kind'] = 'bad-request';
    throw new BadRequestException();
  }
  @Get('error') error(@Session() s: UserSession) {
    s['kind'] = 'error';
    throw new Error('the handler failed');
  }
}

@Controller()
class ReadController {
  @Get('read') read(@Session() s: UserSession) {
    return { kind: s['kind'] ?? null };
  }
  @Get('twice') twice(@Res() res: AnyResponse, @Session() s: UserSession) {
    s['kind'] = 'twice';
    const raw = hijacked(res);
    raw.end('first');
    raw.end('second');
  }
  @Get('login') async login(@Session() s: UserSession) {
    await s.regenerate({ keep: 'all' });
    s['kind'] = 'login';
    await s.save();
    s['more'] = 1;
    return 'logged in';
  }
  @Get('send-twice') async sendTwice(@Res() res: AnyResponse, @Session() s: UserSession) {
    s['kind'] = 'send-twice';
    res.send('first');
    res.send('second');
  }
  @Get('send-throw') async sendThrow(@Res() res: AnyResponse, @Session() s: UserSession) {
    s['kind'] = 'send-throw';
    res.send('first');
    await Promise.resolve();
    throw new Error('after the response');
  }
  @Sse('end-sse') endSse(@Res() res: AnyResponse, @Session() s: UserSession): Observable<MessageEvent> {
    s['kind'] = 'end-sse';
    hijacked(res).end('first');
    return from([{ data: 'one' }]);
  }
  @Post('hold') hold(@Session() s: UserSession, @Req() req: IncomingMessage & { raw?: IncomingMessage }) {
    s['kind'] = 'held';
    (req.raw ?? req).socket.destroy();
    return 'never received';
  }
}

/** Path, status and body of each kind of response. */
const KINDS = [
  ['json', 200, '{"hello":"world"}'],
  ['string', 200, 'hello'],
  ['empty', 200, ''],
  ['204', 204, ''],
  ['304', 304, ''],
  ['redirect', 302, null],
  ['created', 201, '{"created":true}'],
  ['stream', 200, /one,[^]*two,[^]*three/],
  ['buffer', 200, 'a buffer of known length'],
  ['large', 200, null],
  ['sse', 200, /data: one[^]*data: two/],
  ['res-send', 202, 'sent by hand'],
  ['raw-end', 200, 'ended'],
  ['raw-end-encoding', 200, 'ended'],
  ['raw-end-callback', 200, /ended/],
  ['raw-write', 200, /one,[^]*two,[^]*three/],
  ['write-head', 203, /headed/],
  ['write-head-array', 200, /headed/],
  ['flush', 200, /flushed/],
  ['bad-request', 400, /Bad Request/],
  ['error', 500, /Internal server error/],
  ['head', 200, ''],
] as const;

/** Waits for many turns of the event loop. */
const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe.each(ADAPTERS)('each kind of response on %s', (name, adapter) => {
  let running: RunningApp;
  let store: CountingStore;

  beforeAll(async () => {
    store = new CountingStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [KindController, ReadController],
    });
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    store.calls = [];
    store.failing = {};
    store.beforeWrite = async () => undefined;
  });

  it.each(KINDS)(
    '%s: no byte is sent before the session is stored, then the complete response (W1)',
    async (kind, status, body) => {
      let release!: () => void;
      const asked = new Promise<void>((resolve) => {
        store.beforeWrite = () => {
          resolve();
          return new Promise((stored) => (release = stored));
        };
      });
      const request = rawRequest(running.url, `/kind/${kind}`, { method: kind === 'head' ? 'HEAD' : 'GET' });
      await asked;
      await manyTurns();
      expect(request.received()).toBe(0);
      release();
      const head = await request.head;
      const reader = rawRequest(running.url, '/read', { cookie: cookieOf(head)! });
      expect(JSON.parse((await reader.answer)!.body)).toEqual({ kind });
      const response = (await request.answer)!;
      expect(response.status).toBe(status);
      if (typeof body === 'string') expect(response.body).toBe(body);
      if (body instanceof RegExp) expect(response.body).toMatch(body);
      expect(response.headers.get('cache-control')).toContain('no-store');
      expect(response.headers.get('vary')).toMatch(/cookie/i);
      if (kind === 'large') expect(response.body.match(/x/g)).toHaveLength(64 * 65_536);
      if (kind === 'created' || kind.startsWith('write-head'))
        expect(response.headers.get('x-own')).toBe('yes');
      if (kind.startsWith('write-head')) {
        expect(response.headers.getSetCookie().map((line) => line.split(/[=;]/)[0])).toEqual([
          'other',
          'third',
          'connect.sid',
        ]);
      }
    },
  );

  it.each(KINDS)(
    '%s: a failed commit is a 503 without a cookie and without the reason (S-68)',
    async (kind) => {
      store.failing = { create: new Error('redis://user:password@host is down') };
      const { answer } = rawRequest(running.url, `/kind/${kind}`, {
        method: kind === 'head' ? 'HEAD' : 'GET',
      });
      const { status, headers, body } = (await answer)!;
      expect(status).toBe(503);
      expect(headers.getSetCookie()).toEqual([]);
      expect(headers.get('cache-control')).toContain('no-store');
      expect(headers.get('retry-after')).toBe('1');
      expect(headers.get('location')).toBeNull();
      expect(body).not.toMatch(/redis|password|hello|one,|ended/);
      if (kind !== 'head') expect(body).toContain('503');
    },
  );

  it.each(KINDS)(
    '%s: a failed load is a 503 that keeps the cookie and runs no handler (S-69)',
    async (kind) => {
      const cookie = cookieOf(await rawRequest(running.url, '/kind/json').answer)!;
      store.calls = [];
      store.failing = { load: new Error('redis://user:password@host is down') };
      const { answer } = rawRequest(running.url, `/kind/${kind}`, {
        method: kind === 'head' ? 'HEAD' : 'GET',
        cookie,
      });
      const { status, headers, body } = (await answer)!;
      expect(status).toBe(503);
      expect(headers.getSetCookie()).toEqual([]);
      expect(body).not.toMatch(/redis|password/);
      expect(store.calls).toEqual(['load']);
    },
  );

  it('ignores a second end(), as without a session (R57)', async () => {
    const response = await rawRequest(running.url, '/twice').answer;
    expect(response).toMatchObject({ status: 200, body: 'first' });
  });

  it('sends the cookie of an id that was stored before a later save failed', async () => {
    const former = cookieOf(await rawRequest(running.url, '/kind/json').answer)!;
    store.failing = { patch: new Error('down') };
    const response = (await rawRequest(running.url, '/login', { cookie: former }).answer)!;
    expect([response.status, response.headers.get('cache-control')]).toEqual([
      503,
      expect.stringContaining('no-store'),
    ]);
    store.failing = {};
    const read = await rawRequest(running.url, '/read', { cookie: cookieOf(response)! }).answer;
    expect(JSON.parse(read!.body)).toEqual({ kind: 'login' });
  });

  it.each(['rekey', 'create'] as const)('sends no cookie for an id whose %s failed', async (operation) => {
    const former = cookieOf(await rawRequest(running.url, '/kind/json').answer)!;
    store.failing = { [operation]: new Error('down') };
    const path = operation === 'create' ? '/kind/json' : '/login';
    const response = (await rawRequest(running.url, path, { cookie: operation === 'create' ? '' : former })
      .answer)!;
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []]);
  });

  it.each(['/send-twice', '/send-throw', '/end-sse'])(
    'sends the first response of %s, which was held when the second one began',
    async (path) => {
      store.beforeWrite = manyTurns;
      const response = await rawRequest(running.url, path).answer;
      expect(response).toMatchObject({ status: 200, body: 'first' });
    },
  );

  it('saves a stored session when the client disconnects before the response (R68)', async () => {
    const cookie = cookieOf(await rawRequest(running.url, '/kind/json').answer)!;
    let stored!: () => void;
    const written = new Promise<void>((resolve) => (stored = resolve));
    store.calls = [];
    store.beforeWrite = async () => stored();
    await rawRequest(running.url, '/hold', { method: 'POST', cookie }).answer;
    await written;
    expect(store.calls).toEqual(['load', 'patch']);
    expect(name).toBeDefined();
  });

  it('stores no new session when the client disconnects before the response', async () => {
    await rawRequest(running.url, '/hold', { method: 'POST' }).answer;
    await manyTurns();
    expect(store.calls).toEqual([]);
  });
});
