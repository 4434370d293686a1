import {
  Controller,
  Get,
  HttpException,
  Param,
  ParseIntPipe,
  Post,
  UseGuards,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  RequireSession,
  Session,
  SessionGuard,
  SessionId,
  SessionModule,
  type SessionDenial,
  type UserSession,
} from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

class PoliteGuard extends SessionGuard {
  protected override deny(_context: ExecutionContext): never {
    throw Object.assign(new Error('please log in'), { statusCode: 418 });
  }
}

/** Written before a rejection had a reason. */
class OlderGuard extends SessionGuard {
  protected override deny(context: ExecutionContext): never {
    return super.deny(context);
  }
}

class ReasonGuard extends SessionGuard {
  protected override deny(_context: ExecutionContext, denial?: SessionDenial): never {
    throw new HttpException(`reason ${denial}`, 418);
  }
}

@Controller('own')
class OwnGuardController {
  @Get('older') @UseGuards(OlderGuard) @RequireSession({ method: 'otp' }) older() {
    return {};
  }
  @Get('reason') @UseGuards(ReasonGuard) @RequireSession({ method: 'otp' }) reason() {
    return {};
  }
}

@Controller()
@UseGuards(SessionGuard)
class GuardedController {
  @Post('login/:role') @RequireSession(false) async login(
    @Session() session: UserSession,
    @Param('role') role: string,
  ) {
    await session.regenerate();
    session['user'] = { id: '7', role };
    return {};
  }
  @Post('visit') @RequireSession(false) visit(@Session() session: UserSession) {
    session['seen'] = true;
    return {};
  }
  @Post('value/:value') @RequireSession(false) value(
    @Session() session: UserSession,
    @Param('value') value: string,
  ) {
    session['value'] = JSON.parse(value) as unknown;
    return {};
  }
  @Get('value') @RequireSession('value') hasValue() {
    return 'there';
  }
  @Get('any') any() {
    return 'any';
  }
  @Get('user') @RequireSession('user.id') user(@Session('user.id', ParseIntPipe) id: number) {
    return { id };
  }
  @Get('admin')
  @RequireSession('user', (session) => (session['user'] as { role: string }).role === 'admin')
  admin(@SessionId() id: string, @Session() session: UserSession) {
    return { same: id === session.id };
  }
  @Get('polite') @UseGuards(PoliteGuard) @RequireSession(false) polite() {
    return 'open';
  }
}

@Controller('back')
class BackController {
  @Post('login') @RequireSession(false) login(@Session({ name: 'admin' }) session: UserSession) {
    session['ok'] = true;
    return {};
  }
  @Get('office') @RequireSession({ name: 'admin' }, 'ok') office() {
    return 'office';
  }
  @Get('other') other() {
    return 'other';
  }
}

describe.each(ADAPTERS)('SessionGuard on %s', (_, adapter) => {
  let running: RunningApp;
  let browser: Browser;
  let store: CountingStore;
  afterEach(() => running.app.close());

  describe('before a controller', () => {
    beforeEach(async () => {
      store = new CountingStore();
      running = await startApp(adapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, store })],
        controllers: [GuardedController],
      });
      browser = new Browser(running.url);
    });
    const statusOf = async (path: string): Promise<number> => (await browser.fetch(path)).status;

    it('responds 401 without a stored session, and creates none', async () => {
      expect(await statusOf('/any')).toBe(401);
      expect(browser.jar.size).toBe(0);
      expect(store.calls).toEqual([]);
    });

    it('accepts a stored session that meets the requirement of @RequireSession', async () => {
      await browser.post('/visit');
      expect(await statusOf('/any')).toBe(200);
      expect(await statusOf('/user')).toBe(401);
      await browser.post('/login/reader');
      expect(await browser.get('/user')).toEqual({ id: 7 });
      expect(await statusOf('/admin')).toBe(401);
      await browser.post('/login/admin');
      expect(await browser.get('/admin')).toEqual({ same: true });
    });

    it.each([
      ['0', 200],
      ['""', 200],
      ['false', 200],
      ['"x"', 200],
      ['null', 401],
    ])('takes an attribute for present unless it is undefined or null: %s', async (value, status) => {
      await browser.post('/visit');
      expect(await statusOf('/value')).toBe(401);
      await browser.post(`/value/${encodeURIComponent(value)}`);
      expect(await statusOf('/value')).toBe(status);
    });

    it('responds 503 while the store fails, and keeps the cookie (S-69)', async () => {
      await browser.post('/login/admin');
      store.failing = { load: new Error('down') };
      expect(await statusOf('/any')).toBe(503);
      store.failing = {};
      expect(await statusOf('/any')).toBe(200);
    });
  });

  it('works as a global guard with open routes and named sessions', async () => {
    running = await startApp(adapter, {
      imports: [
        SessionModule.forRoot({ secret: SECRET }),
        SessionModule.forRoot({ sessionName: 'admin', name: 'admin.sid', secret: OTHER_SECRET }),
      ],
      controllers: [BackController],
      providers: [{ provide: APP_GUARD, useClass: SessionGuard }],
    });
    browser = new Browser(running.url);
    expect((await browser.fetch('/back/office')).status).toBe(401);
    await browser.post('/back/login');
    expect((await browser.fetch('/back/office')).status).toBe(200);
    expect((await browser.fetch('/back/other')).status).toBe(401);
  });

  it('lets a subclass override the rejection, with or without its reason', async () => {
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET })],
      controllers: [OwnGuardController],
    });
    browser = new Browser(running.url);
    expect(await browser.get('/own/older')).toEqual({ statusCode: 401, message: 'Unauthorized' });
    expect(await browser.get('/own/reason')).toEqual({ statusCode: 418, message: 'reason no-session' });
  });
});
