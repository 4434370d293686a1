import { Controller, Post, type LoggerService } from '@nestjs/common';
import expressSession from 'express-session';
import {
  MemorySessionStore,
  Session,
  SessionModule,
  type CookieOptions,
  type UserSession,
} from 'nest-session';
import { MemoryStore } from 'nest-session/express';
import { FakeClock } from 'nest-session/testing';
import { ADAPTERS, startApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

@Controller()
class WriteController {
  @Post('write') write(@Session() session: UserSession) {
    session['n'] = 1;
    return {};
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.login('u1');
    return {};
  }
}

class Recorder implements LoggerService {
  readonly lines: string[] = [];
  log() {}
  warn(message: unknown) {
    this.lines.push(`warn ${String(message)}`);
  }
  error(message: unknown, ...details: unknown[]) {
    this.lines.push(`error ${[message, ...details].map(String).join(' ')}`);
  }
}

describe.each(ADAPTERS)('an application in production on %s', (_, adapter) => {
  const before = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = before;
  });

  it.each(['/write', '/login'])(
    'warns about a memory store, and once about cookies that cannot be sent: %s (S-76)',
    async (path) => {
      process.env['NODE_ENV'] = 'production';
      const logger = new Recorder();
      const imports = [SessionModule.forRoot({ secret: SECRET, cookie: { secure: true } })];
      const { app, url } = await startApp(adapter, {
        imports,
        controllers: [WriteController],
        prepare: (made) => made.useLogger(logger),
      });
      await new Browser(url).post(path);
      await new Browser(url).post(path);
      await app.close();
      expect(logger.lines).toEqual([
        expect.stringMatching(/^warn Sessions are stored in the memory of this process/),
        expect.stringMatching(/^warn A session was not stored.*proxy: true/),
      ]);
    },
  );

  it.each([
    ['express-session', new expressSession.MemoryStore()],
    ['nest-session/express', new MemoryStore()],
  ])('warns about a memory store of %s (S-76)', async (_name, store) => {
    process.env['NODE_ENV'] = 'production';
    const logger = new Recorder();
    const { app } = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      prepare: (made) => made.useLogger(logger),
    });
    await app.close();
    expect(logger.lines).toEqual([
      expect.stringMatching(/^warn Sessions are stored in the memory of this process/),
    ]);
  });

  it.each<[string, CookieOptions, RegExp]>([
    [
      "sameSite 'none'",
      { sameSite: 'none' },
      /^warn A session cookie was sent without its option sameSite "none": .*proxy: true.*trust proxy/,
    ],
    [
      "sameSite 'none' and partitioned",
      { sameSite: 'none', partitioned: true, secure: 'auto' },
      /^warn A session cookie was sent without its options sameSite "none" and partitioned: .*proxy: true/,
    ],
  ])('warns once when a proxy is not trusted and the cookie lacks %s', async (_name, cookie, warning) => {
    const logger = new Recorder();
    const { app, url } = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, cookie })],
      controllers: [WriteController],
      prepare: (made) => made.useLogger(logger),
    });
    const throughProxy = { method: 'POST', headers: { 'x-forwarded-proto': 'https' } };
    await new Browser(url).fetch('/write', throughProxy);
    const { headers } = await new Browser(url).fetch('/write', throughProxy);
    await app.close();
    expect(headers.getSetCookie()[0]).toMatch(/SameSite=Lax$/);
    expect(logger.lines).toEqual([expect.stringMatching(warning)]);
  });

  it.each<[string, CookieOptions, boolean | undefined]>([
    ['the proxy is trusted', { sameSite: 'none', partitioned: true }, true],
    ["sameSite is 'auto'", { sameSite: 'auto' }, undefined],
  ])('does not warn about omitted attributes when %s', async (_name, cookie, proxy) => {
    const logger = new Recorder();
    const { app, url } = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, cookie, proxy })],
      controllers: [WriteController],
      prepare: (made) => made.useLogger(logger),
    });
    await new Browser(url).fetch('/write', { method: 'POST', headers: { 'x-forwarded-proto': 'https' } });
    await app.close();
    expect(logger.lines).toEqual([]);
  });

  it('logs the startWarning of a store', async () => {
    const logger = new Recorder();
    const store = Object.assign(new MemorySessionStore(), { startWarning: 'Give it a Pool.' });
    const { app } = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      prepare: (made) => made.useLogger(logger),
    });
    await app.close();
    expect(logger.lines).toEqual(['warn Give it a Pool.']);
  });

  it('logs a failing store with its cause, and never an id (S-66)', async () => {
    const logger = new Recorder();
    const store = new MemorySessionStore();
    const ids: string[] = [];
    store.create = async (key) => {
      ids.push(key);
      throw new Error('the disk is full');
    };
    const imports = [SessionModule.forRoot({ secret: SECRET, store })];
    const { app, url } = await startApp(adapter, {
      imports,
      controllers: [WriteController],
      prepare: (made) => made.useLogger(logger),
    });
    expect((await new Browser(url).post('/write')).status).toBe(503);
    await app.close();
    expect(logger.lines.join('\n')).toContain('The session store fails.');
    expect(ids).toHaveLength(1);
    for (const id of ids) expect(logger.lines.join('\n')).not.toContain(id);
  });

  it('sweeps expired sessions', async () => {
    const clock = new FakeClock();
    let swept!: () => void;
    const done = new Promise<void>((resolve) => (swept = resolve));
    const store = new (class extends MemorySessionStore {
      override async deleteExpired(before: number, limit: number) {
        const count = await super.deleteExpired(before, limit);
        if (count > 0) swept();
        return count;
      }
    })();
    const imports = [
      SessionModule.forRoot({ secret: SECRET, store, clock, sweepEvery: 5, timeouts: { idle: 60_000 } }),
    ];
    const { app, url } = await startApp(adapter, { imports, controllers: [WriteController] });
    await new Browser(url).post('/write');
    expect(store.size).toBe(1);
    // Five minutes after the expiry, because other clocks may be behind.
    clock.advance(60_000 + 300_000);
    await done;
    expect(store.size).toBe(0);
    await app.close();
  });
});
