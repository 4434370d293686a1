import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

type RawRequest = IncomingMessage & { session?: unknown };
const rawOf = (req: RawRequest & { raw?: RawRequest }): RawRequest => req.raw ?? req;

let atHandler: () => void;
let closed: Promise<unknown>;

@Controller()
class AccountController {
  @Get('data') data(@Session() session: UserSession) {
    return { ...session };
  }
  @Post('seed') seed(@Session() session: UserSession) {
    session['role'] = 'admin';
    return {};
  }
  @Post('null') async null(@Session() session: UserSession, @Req() req: RawRequest) {
    await session.regenerate({ keep: 'all' });
    rawOf(req).session = null;
    return {};
  }
  @Post('delete') async delete(@Session() session: UserSession, @Req() req: RawRequest) {
    await session.regenerate();
    delete rawOf(req).session;
    return {};
  }
  @Post('caught') async caught(@Session() session: UserSession, @Req() req: RawRequest) {
    await session.regenerate();
    await session.save().catch(() => undefined);
    rawOf(req).session = null;
    return {};
  }
  @Post('thrown') async thrown(@Session() session: UserSession) {
    await session.regenerate();
    throw new Error('no such account');
  }
  @Post('unstorable') async unstorable(@Session() session: UserSession) {
    await session.regenerate();
    session['big'] = 1n;
    return {};
  }
  @Post('silent') async silent(
    @Session() session: UserSession,
    @Res() res: ServerResponse & { raw?: ServerResponse },
  ) {
    await session.regenerate();
    closed = once(res.raw ?? res, 'close');
    atHandler();
  }
}

describe.each(ADAPTERS)(
  'after regenerate() the old id is invalid at the end of the request, on %s',
  (_, adapter) => {
    let running: RunningApp;
    let store: CountingStore;

    afterEach(() => running.app.close());

    const start = async (unset: 'keep' | 'destroy'): Promise<Browser> => {
      store = new CountingStore();
      running = await startApp(adapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, store, unset })],
        controllers: [AccountController],
      });
      const browser = new Browser(running.url);
      await browser.post('/seed');
      store.calls = [];
      return browser;
    };

    describe.each(['keep', 'destroy'] as const)('with unset %s', (unset) => {
      it.each([
        ['req.session = null', '/null'],
        ['delete req.session', '/delete'],
      ])('when %s follows: one store call, and the cookie is cleared (S-9)', async (_, path) => {
        const browser = await start(unset);
        const thief = browser.clone();
        expect((await browser.post(path)).status).toBe(201);
        expect(store.calls).toEqual(['load', 'delete']);
        expect(browser.jar.size).toBe(0);
        expect(await thief.get('/data')).toEqual({});
      });

      it('when a failed save() and req.session = null follow', async () => {
        const browser = await start(unset);
        const thief = browser.clone();
        store.failing = { rekey: new Error('down') };
        expect((await browser.post('/caught')).status).toBe(201);
        expect(await thief.get('/data')).toEqual({});
      });
    });

    it.each([
      ['the handler throws', '/thrown', undefined],
      ['an attribute cannot be stored', '/unstorable', undefined],
      ['the store cannot move the record', '/thrown', 'rekey' as const],
    ])('when %s', async (_, path, failing) => {
      const browser = await start('keep');
      const thief = browser.clone();
      if (failing !== undefined) store.failing = { [failing]: new Error('down') };
      expect((await browser.post(path)).status).toBeGreaterThanOrEqual(500);
      expect(await thief.get('/data')).toEqual({});
    });

    it('when the client disconnects and the handler sends nothing', async () => {
      const browser = await start('keep');
      const thief = browser.clone();
      const reached = new Promise<void>((resolve) => (atHandler = resolve));
      const client = new AbortController();
      const left = browser.fetch('/silent', { method: 'POST', signal: client.signal }).catch(() => undefined);
      await reached;
      client.abort();
      await left;
      await closed;
      expect(await thief.get('/data')).toEqual({});
    });
  },
);
