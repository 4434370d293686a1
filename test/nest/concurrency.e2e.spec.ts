import { Controller, Get, Param, Post, Redirect } from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { cookieOf, rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';
import { STORES } from '../support/stores.js';

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** The request of the handler `held`: it calls `begun` and responds after `released`. */
let held: { readonly begun: () => void; readonly released: Promise<void> };

@Controller()
class RaceController {
  @Post('set/:name') async set(@Session() session: UserSession, @Param('name') name: string) {
    session[name] = name;
    await turns(3);
    return {};
  }
  @Post('leaf/:name') async leaf(@Session() session: UserSession, @Param('name') name: string) {
    const cart = (session['cart'] ??= {}) as Record<string, string>;
    cart[name] = name;
    await turns(3);
    return {};
  }
  @Post('count') async count(@Session() session: UserSession) {
    session.update<number>('n', (n = 0) => n + 1);
    await turns(3);
    return {};
  }
  @Post('slow/:turns') async slow(@Session() session: UserSession, @Param('turns') count: string) {
    session['written'] = count;
    await turns(Number(count));
    return {};
  }
  @Post('held') async held(@Session() session: UserSession) {
    session['written'] = 'late';
    held.begun();
    await held.released;
    return {};
  }
  @Post('count-caught') async countCaught(@Session() session: UserSession) {
    session.update<number>('n', (n = 0) => n + 1);
    const failed = await session.save().then(
      () => false,
      () => true,
    );
    return { failed };
  }
  @Post('count-twice') async countTwice(@Session() session: UserSession) {
    const cart = (session['cart'] ??= {}) as Record<string, string>;
    session.update<number>('n', (n = 0) => n + 1);
    cart['mine'] = 'mine';
    held.begun();
    await held.released;
    await session.save();
    session['n'] = Number(session['n']) + 1;
    cart['after'] = 'after';
    return { ...session };
  }
  @Post('user') user(@Session() session: UserSession) {
    session['user'] = { id: 'u1', seen: 0 };
    return {};
  }
  @Post('seen') async seen(@Session() session: UserSession) {
    const user = session['user'] as { seen: number };
    held.begun();
    await held.released;
    user.seen = 1;
    return {};
  }
  @Post('forget-user') forgetUser(@Session() session: UserSession) {
    session['user'] = null;
    return {};
  }
  @Post('login') @Redirect('/all', 302) async login(@Session() session: UserSession) {
    await session.regenerate();
    session['userId'] = 'u1';
  }
  @Post('relogin') async relogin(@Session() session: UserSession) {
    await session.regenerate({ keep: 'all' });
    return {};
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }
  @Get('all') all(@Session() session: UserSession) {
    return { ...session };
  }
}

describe.each(ADAPTERS)('concurrent requests on %s', (_, adapter) => {
  describe.each(STORES)('with the %s store', (_store, makeStore) => {
    let running: RunningApp;
    let store: CountingStore;
    let dispose: () => Promise<void>;
    let browser: Browser;

    beforeAll(async () => {
      const made = makeStore();
      store = new CountingStore(made.store);
      dispose = made.dispose;
      running = await startApp(adapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, store })],
        controllers: [RaceController],
      });
    });
    afterAll(async () => {
      await running.app.close();
      await dispose();
    });
    beforeEach(() => {
      store.beforeWrite = async () => undefined;
      browser = new Browser(running.url);
    });

    it('keeps all of 100 attributes that 100 concurrent requests set (W6, S-64)', async () => {
      await browser.post('/set/first');
      const names = Array.from({ length: 100 }, (__, n) => `k${n}`);
      await Promise.all(names.map((name) => browser.clone().post(`/set/${name}`)));
      expect(await browser.get('/all')).toEqual(
        Object.fromEntries(['first', ...names].map((name) => [name, name])),
      );
    });

    it('keeps all of 100 leaves of one attribute that 100 concurrent requests set (S-64)', async () => {
      await browser.post('/leaf/first');
      const names = Array.from({ length: 100 }, (__, n) => `k${n}`);
      await Promise.all(names.map((name) => browser.clone().post(`/leaf/${name}`)));
      expect(await browser.get('/all')).toEqual({
        cart: Object.fromEntries(['first', ...names].map((name) => [name, name])),
      });
    });

    it('counts 100 concurrent requests exactly with update() (S-64)', async () => {
      await browser.post('/count');
      await Promise.all(Array.from({ length: 100 }, () => browser.clone().post('/count')));
      expect(await browser.get('/all')).toEqual({ n: 101 });
    });

    it('never restores a session in 80 races of a slow writer with a logout (S-43)', async () => {
      let back = 0;
      for (let race = 0; race < 80; race++) {
        const visitor = new Browser(running.url);
        await visitor.post('/login');
        const [writer, other, logout] = [visitor.clone(), visitor.clone(), visitor.clone()];
        await Promise.all([
          writer.post(`/slow/${race % 40}`),
          logout.post('/logout'),
          other.post('/relogin'),
        ]);
        for (const former of [visitor, writer]) {
          if (Object.keys(await former.get<object>('/all')).length > 0) back++;
        }
      }
      expect(back).toBe(0);
    });

    it('does not clear the cookie of a login by a slower request that responds later', async () => {
      await browser.post('/set/first');
      const [slow, login] = [browser.clone(), browser.clone()];
      let release!: () => void;
      const released = new Promise<void>((resolve) => (release = resolve));
      let slower!: Promise<Response>;
      await new Promise<void>((begun) => {
        held = { begun, released };
        slower = slow.post('/held');
      });
      await login.post('/login');
      release();
      const late = await slower;
      expect(late.status).toBe(201);
      expect(late.headers.getSetCookie()).toEqual([]);
      expect(await login.get('/all')).toEqual({ userId: 'u1' });
    });

    it('counts once with update() when a save was applied, but failed with an error that was caught (S-64)', async () => {
      await browser.post('/count');
      const { patch } = store;
      store.patch = async (...args) => {
        store.patch = patch;
        await store.patch(...args);
        throw new Error('no response in time');
      };
      const response = await browser.post('/count-caught');
      expect([response.status, await response.json()]).toEqual([201, { failed: true }]);
      expect(await browser.get('/all')).toEqual({ n: 2 });
    });

    it('shows changes of other requests after a save, and merges later changes with them (S-64)', async () => {
      await browser.post('/leaf/first');
      const slow = browser.clone();
      let release!: () => void;
      const released = new Promise<void>((resolve) => (release = resolve));
      let slower!: Promise<Response>;
      await new Promise<void>((begun) => {
        held = { begun, released };
        slower = slow.post('/count-twice');
      });
      for (let count = 0; count < 10; count++) await browser.post('/count');
      await browser.post('/leaf/theirs');
      release();
      const expected = { cart: { first: 'first', theirs: 'theirs', mine: 'mine', after: 'after' }, n: 12 };
      expect(await (await slower).json()).toEqual(expected);
      expect(await browser.get('/all')).toEqual(expected);
    });

    it('keeps a logout by null when a slower request changes the user (S-43)', async () => {
      await browser.post('/user');
      const slow = browser.clone();
      let release!: () => void;
      const released = new Promise<void>((resolve) => (release = resolve));
      let slower!: Promise<Response>;
      await new Promise<void>((begun) => {
        held = { begun, released };
        slower = slow.post('/seen');
      });
      await browser.post('/forget-user');
      release();
      expect((await slower).status).toBe(201);
      expect(await browser.get('/all')).toEqual({ user: null });
    });

    it('stores the session before the headers of a redirect are sent, with a store slowed by 150 ms (W1)', async () => {
      store.beforeWrite = () => new Promise((resolve) => setTimeout(resolve, 150));
      const rounds = Array.from({ length: 20 }, async () => {
        const login = rawRequest(running.url, '/login', { method: 'POST' });
        const head = await login.head;
        const followed = await rawRequest(running.url, head!.headers.get('location')!, {
          cookie: cookieOf(head)!,
        }).answer;
        return { status: head!.status, body: followed!.body };
      });
      for (const round of await Promise.all(rounds))
        expect(round).toEqual({ status: 302, body: '{"userId":"u1"}' });
    });
  });
});
