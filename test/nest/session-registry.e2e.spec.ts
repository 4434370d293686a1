import {
  Controller,
  Delete,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  UseGuards,
  type DynamicModule,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CurrentPrincipal,
  getSessionRegistryToken,
  InjectSessionRegistry,
  MemorySessionStore,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  SessionRegistry,
  type SessionStore,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

@Controller()
@UseGuards(SessionGuard)
@RequireLogin()
class DevicesController {
  readonly #registry: SessionRegistry;
  constructor(@InjectSessionRegistry() registry: SessionRegistry) {
    this.#registry = registry;
  }

  @Get('devices') devices(@CurrentPrincipal() user: string, @Session() session: UserSession) {
    return this.#registry.list(user, { current: session });
  }
  @Delete('devices/:handle') async signOut(
    @CurrentPrincipal() user: string,
    @Param('handle') handle: string,
  ) {
    return { revoked: await this.#registry.revoke(user, handle) };
  }
  @Post('sign-out-others') async signOutOthers(
    @CurrentPrincipal() user: string,
    @Session() session: UserSession,
  ) {
    return { ended: await this.#registry.revokeAll(user, { except: session }) };
  }
  /** A mistake: the session of another name. */
  @Get('mistakes') async mistakes(
    @CurrentPrincipal() user: string,
    @Session({ name: 'admin' }) session: UserSession,
  ) {
    const listed = this.#registry.list(user, { current: session });
    const ended = this.#registry.revokeAll(user, { except: session });
    const results = await Promise.allSettled([listed, ended]);
    return results.map((one) => (one.status === 'rejected' ? String(one.reason) : 'accepted'));
  }
}

@Controller()
class LoginController {
  @Post('login/:user') async login(@Session() session: UserSession, @Param('user') user: string) {
    await session.login(user, { method: 'pwd' });
    return {};
  }
  @Post('admin/login/:user') async adminLogin(
    @Session({ name: 'admin' }) session: UserSession,
    @Param('user') user: string,
  ) {
    await session.login(user);
    return {};
  }
  @Get('who') who(
    @CurrentPrincipal() user: string | null,
    @CurrentPrincipal({ name: 'admin' }) admin: string | null,
  ) {
    return { user, admin };
  }
}

/** A module of its own, which gets the registries because `SessionModule` exports them. */
@Injectable()
class Desk {
  readonly users: SessionRegistry;
  readonly admins: SessionRegistry;
  constructor(users: SessionRegistry, @InjectSessionRegistry('admin') admins: SessionRegistry) {
    this.users = users;
    this.admins = admins;
  }
}

@Module({ providers: [Desk], exports: [Desk] })
class DeskModule {}

const sessions = (store: SessionStore): DynamicModule[] => [
  SessionModule.forRoot({ secret: SECRET, store }),
  SessionModule.forRoot({ sessionName: 'admin', name: 'admin.sid', secret: OTHER_SECRET, store }),
];

interface Device {
  readonly handle: string;
  readonly current: boolean;
  readonly methods: Record<string, number>;
}

describe.each(ADAPTERS)('the registry of sessions on %s', (_, adapter) => {
  let running: RunningApp;
  let desk: Desk;
  beforeEach(async () => {
    running = await startApp(adapter, {
      imports: [...sessions(new MemorySessionStore()), DeskModule],
      controllers: [LoginController, DevicesController],
    });
    desk = running.app.get(Desk);
  });
  afterEach(() => running.app.close());

  async function signIn(path = '/login/u1'): Promise<Browser> {
    const browser = new Browser(running.url);
    expect((await browser.post(path)).status).toBe(201);
    return browser;
  }
  const who = (browser: Browser): Promise<unknown> => browser.get('/who');
  const nobody = { user: null, admin: null };

  it('refuses a session of another name, and ends none', async () => {
    const browser = await signIn();
    await browser.post('/admin/login/u1');
    const expected = 'must be a session named "default", as this registry is, got one named "admin".';
    const fix = 'Pass it to the registry of its name.';
    expect(await browser.get('/mistakes')).toEqual([
      `TypeError: The option current ${expected} ${fix}`,
      `TypeError: The option except ${expected} ${fix}`,
    ]);
    expect(await who(browser)).toEqual({ user: 'u1', admin: 'u1' });
  });

  it('lists the sessions of a user, and which one is the current', async () => {
    const [laptop, phone] = [await signIn(), await signIn()];
    await signIn('/login/u2');
    const devices = await laptop.get<Device[]>('/devices');
    expect(devices).toHaveLength(2);
    expect(devices.filter(({ current }) => current)).toHaveLength(1);
    expect(devices[0]!.methods).toEqual({ pwd: expect.any(Number) as number });
    const ofPhone = await phone.get<Device[]>('/devices');
    const current = (list: Device[]): string => list.find((one) => one.current)!.handle;
    expect(current(ofPhone)).not.toBe(current(devices));
    expect(new Set(ofPhone.map(({ handle }) => handle))).toEqual(
      new Set(devices.map(({ handle }) => handle)),
    );
    const secrets = [...laptop.jar.values(), ...phone.jar.values()].map((value) => value.split('.')[0]!);
    for (const secret of secrets) expect(JSON.stringify(devices)).not.toContain(secret.slice('s%3A'.length));
  });

  it('ends one session of the user by its handle, which its browser notices at its next request', async () => {
    const [laptop, phone, other] = [await signIn(), await signIn(), await signIn('/login/u2')];
    const [{ handle } = { handle: '' }] = (await laptop.get<Device[]>('/devices')).filter(
      (one) => !one.current,
    );
    const remove = async (browser: Browser): Promise<unknown> =>
      (await browser.fetch(`/devices/${handle}`, { method: 'DELETE' })).json();
    expect(await remove(other)).toEqual({ revoked: false });
    expect(await who(phone)).toMatchObject({ user: 'u1' });
    expect(await remove(laptop)).toEqual({ revoked: true });
    expect((await phone.fetch('/devices')).status).toBe(401);
    expect(await who(phone)).toEqual(nobody);
    expect(await who(laptop)).toMatchObject({ user: 'u1' });
    expect(await remove(laptop)).toEqual({ revoked: false });
  });

  it('ends all other sessions of the user', async () => {
    const [laptop, phone, tablet, other] = [
      await signIn(),
      await signIn(),
      await signIn(),
      await signIn('/login/u2'),
    ];
    expect(await (await laptop.post('/sign-out-others')).json()).toEqual({ ended: 2 });
    expect([await who(phone), await who(tablet)]).toEqual([nobody, nobody]);
    expect(await who(laptop)).toMatchObject({ user: 'u1' });
    expect(await who(other)).toMatchObject({ user: 'u2' });
  });

  it('has one registry for each name, also on one store', async () => {
    const [user, admin] = [await signIn(), await signIn('/admin/login/u1')];
    expect([await desk.users.count('u1'), await desk.admins.count('u1')]).toEqual([1, 1]);
    expect(await desk.admins.revokeAll('u1')).toBe(1);
    expect(await who(admin)).toEqual(nobody);
    expect(await who(user)).toEqual({ user: 'u1', admin: null });
    const later = await signIn('/admin/login/u1');
    await desk.users.revokeEverything();
    expect(await who(user)).toEqual(nobody);
    expect(await who(later)).toEqual({ user: null, admin: 'u1' });
    expect([await desk.users.count('u1'), await desk.admins.count('u1')]).toEqual([0, 1]);
    expect(await who(await signIn())).toEqual({ user: 'u1', admin: null });
  });

  it('has the tokens of getSessionRegistryToken', () => {
    expect(getSessionRegistryToken()).toBe(SessionRegistry);
    expect(getSessionRegistryToken('default')).toBe(SessionRegistry);
    expect(running.app.get(getSessionRegistryToken('admin'))).toBe(desk.admins);
    expect(desk.users).toBeInstanceOf(SessionRegistry);
    expect(desk.users).not.toBe(desk.admins);
  });
});

describe('the registry of sessions in an application without HTTP', () => {
  it('ends sessions from a script', async () => {
    const store = new MemorySessionStore();
    const [, makeAdapter] = ADAPTERS[0];
    const { app, url } = await startApp(makeAdapter, {
      imports: sessions(store),
      controllers: [LoginController],
    });
    const browser = new Browser(url);
    await browser.post('/login/u1');

    @Module({ imports: [...sessions(store), DeskModule] })
    class ScriptModule {}
    const script = await NestFactory.createApplicationContext(ScriptModule, { logger: false });
    const { users, admins } = script.get(Desk);
    expect([await users.count('u1'), await admins.count('u1')]).toEqual([1, 0]);
    expect(await users.revokeAll('u1')).toBe(1);
    await script.close();

    expect(await browser.get('/who')).toEqual({ user: null, admin: null });
    await app.close();
  });
});
