import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import {
  CurrentPrincipal,
  MemorySessionStore,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  SessionRegistry,
  truncatedAddress,
  type RuntimeOptions,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

@Controller()
class LoginController {
  @Post('login/:user') @HttpCode(200) async login(
    @Session() session: UserSession,
    @Param('user') user: string,
  ) {
    await session.login(user, { method: 'pwd' });
    return {};
  }
  @Post('by-hand/:user') @HttpCode(200) byHand(@Session() session: UserSession, @Param('user') user: string) {
    session['user'] = user;
    return {};
  }
  @Get('visit') @UseGuards(SessionGuard) @RequireLogin() visit(@CurrentPrincipal() user: string) {
    return { user };
  }
}

const device: NonNullable<RuntimeOptions['device']> = ({ headers, socket }) =>
  headers['x-no-device'] === undefined
    ? { agent: headers['user-agent'], network: truncatedAddress(socket.remoteAddress) }
    : null;

describe.each(ADAPTERS)('the option device on %s', (_, adapter) => {
  let running: RunningApp;
  let browser: Browser;
  let registry: SessionRegistry;
  const start = async (options: Partial<RuntimeOptions>): Promise<void> => {
    const store = new MemorySessionStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, ...options })],
      controllers: [LoginController],
    });
    browser = new Browser(running.url);
    registry = running.app.get(SessionRegistry);
  };
  afterEach(() => running.app.close());

  const send = async (path: string, agent: string, headers: object = {}): Promise<number> => {
    const response = await browser.fetch(path, {
      method: path === '/visit' ? 'GET' : 'POST',
      headers: { 'User-Agent': agent, ...headers },
    });
    return response.status;
  };
  const devices = async (): Promise<unknown[]> => (await registry.list('ada')).map((one) => one.device);

  it('records a login and a step-up, and no other request', async () => {
    await start({ device });
    expect(await send('/login/ada', 'one')).toBe(200);
    expect(await devices()).toEqual([{ agent: 'one', network: '127.0.0.0' }]);
    expect(await send('/visit', 'two')).toBe(200);
    expect(await devices()).toEqual([{ agent: 'one', network: '127.0.0.0' }]);
    expect(await send('/login/ada', 'three')).toBe(200);
    expect(await devices()).toEqual([{ agent: 'three', network: '127.0.0.0' }]);
    const [listed] = await registry.list('ada');
    expect((await registry.get('ada', listed!.handle))?.device).toMatchObject({ agent: 'three' });
  });

  it('returns another object to each caller', async () => {
    await start({ device });
    await send('/login/ada', 'one');
    const [listed] = await registry.list('ada');
    listed!.device!['agent'] = 'changed';
    expect(await devices()).toEqual([{ agent: 'one', network: '127.0.0.0' }]);
    for await (const session of registry) expect(session.device).toMatchObject({ agent: 'one' });
  });

  it('records a login by the option principal', async () => {
    await start({ device, principal: (session) => session['user'] as string | undefined });
    await send('/by-hand/ada', 'one');
    expect(await devices()).toEqual([{ agent: 'one', network: '127.0.0.0' }]);
  });

  it('is null without the option, and where the option returns nothing', async () => {
    await start({});
    await send('/login/ada', 'one');
    expect(await devices()).toEqual([null]);
    await running.app.close();
    await start({ device });
    await send('/login/ada', 'one', { 'X-No-Device': '1' });
    expect(await devices()).toEqual([null]);
  });

  it.each(['/login/ada', '/by-hand/ada'])('fails a login with a longer device: %s', async (path) => {
    await start({ device, principal: (session) => session['user'] as string | undefined });
    expect(await send(path, 'x'.repeat(1100))).toBe(500);
    expect(await registry.count('ada')).toBe(0);
    expect(await send('/visit', 'one')).toBe(401);
  });
});
