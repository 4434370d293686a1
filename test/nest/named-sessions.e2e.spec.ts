import { Controller, Get, Post, UseGuards, type Type } from '@nestjs/common';
import { sign } from 'cookie-signature';
import expressSession from 'express-session';
import {
  MemorySessionStore,
  RequireSession,
  Session,
  SessionGuard,
  SessionModule,
  type AnyStore,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

const STORES: [string, () => AnyStore][] = [
  ['a store of this package', () => new MemorySessionStore()],
  ["express-session's store, whose keys are the ids", () => new expressSession.MemoryStore()],
];

/** The cookie name of each session. The default session has no option sessionName. */
const COOKIES = { default: 'connect.sid', admin: 'admin.sid', staff: 'staff.sid' } as const;
type Name = keyof typeof COOKIES;
const NAMES = Object.keys(COOKIES) as Name[];

function controllerOf(name: Name): Type {
  @Controller(name)
  @UseGuards(SessionGuard)
  class NamedController {
    @Post('login') @RequireSession(false) async login(@Session({ name }) session: UserSession) {
      await session.regenerate();
      session['userId'] = 'u1';
      return {};
    }
    @Get('office') @RequireSession({ name }, 'userId') office(@Session({ name }) session: UserSession) {
      return { userId: session['userId'] };
    }
  }
  return NamedController;
}

describe.each(ADAPTERS)('named sessions on %s', (_, adapter) => {
  describe.each(STORES)('that share a secret and %s', (_name, makeStore) => {
    let running: RunningApp;
    afterEach(() => running.app.close());

    async function start(secret: string | string[] = SECRET, store = makeStore()): Promise<AnyStore> {
      running = await startApp(adapter, {
        imports: NAMES.map((name) =>
          SessionModule.forRoot({
            secret,
            store,
            name: COOKIES[name],
            ...(name === 'default' ? {} : { sessionName: name }),
          }),
        ),
        controllers: NAMES.map(controllerOf),
      });
      return store;
    }
    async function loggedIn(name: Name): Promise<string> {
      const browser = new Browser(running.url);
      await browser.post(`/${name}/login`);
      expect([...browser.jar.keys()]).toEqual([COOKIES[name]]);
      return browser.jar.get(COOKIES[name])!;
    }
    async function statusOf(name: Name, value: string): Promise<number> {
      return (await new Browser(running.url, [[COOKIES[name], value]]).fetch(`/${name}/office`)).status;
    }

    it('accept a cookie value under its own name only', async () => {
      await start();
      for (const signer of NAMES) {
        const value = await loggedIn(signer);
        // Twice, because a verified id is cached.
        for (const _time of [1, 2])
          for (const name of NAMES)
            expect([signer, name, await statusOf(name, value)]).toEqual([
              signer,
              name,
              name === signer ? 200 : 401,
            ]);
      }
    });

    it('stay valid when the secret is replaced (S-15)', async () => {
      const store = await start();
      const values = new Map<Name, string>();
      for (const name of NAMES) values.set(name, await loggedIn(name));
      await running.app.close();
      await start([OTHER_SECRET, SECRET], store);
      for (const [name, value] of values) expect([name, await statusOf(name, value)]).toEqual([name, 200]);
    });

    it('sign only the default session as cookie-signature does (R33)', async () => {
      await start();
      for (const name of NAMES) {
        const value = decodeURIComponent(await loggedIn(name)).slice('s:'.length);
        const id = value.slice(0, value.lastIndexOf('.'));
        expect([name, sign(id, SECRET) === value]).toEqual([name, name === 'default']);
      }
    });
  });
});
