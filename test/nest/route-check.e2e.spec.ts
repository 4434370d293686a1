import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Public, RequireLogin, RequireSession, SessionGuard, SessionModule } from 'nest-session';
import { ADAPTERS, startApp } from '../support/adapters.js';
import { SECRET } from '../support/secret.js';

class DerivedGuard extends SessionGuard {}

@Injectable()
class PassingOnGuard implements CanActivate {
  readonly #guard: SessionGuard;
  constructor(@Inject(SessionGuard) guard: SessionGuard) {
    this.#guard = guard;
  }
  canActivate(context: ExecutionContext) {
    return this.#guard.canActivate(context);
  }
}

@Injectable()
class OtherGuard implements CanActivate {
  canActivate() {
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestGuard extends SessionGuard {}

@Controller()
class OpenController {
  @Get('secret') @RequireSession('userId') secret() {
    return 'secret';
  }
  @Get('public') public() {
    return 'public';
  }
}

@Controller()
@RequireSession('userId')
class OpenClassController {
  @Get('one') one() {
    return 1;
  }
  @Get('two') @RequireSession(false) two() {
    return 2;
  }
  helper() {
    return 3;
  }
}

@Controller()
@UseGuards(OtherGuard)
class OtherGuardController {
  @Get('other') @RequireSession() other() {
    return 'other';
  }
}

@Controller()
@RequireLogin()
class LoginController {
  @Get('account') account() {
    return 'account';
  }
  @Get('open') @Public() open() {
    return 'open';
  }
}

abstract class BaseController {
  @Get('inherited') @RequireSession() inherited() {
    return 'inherited';
  }
}
@Controller()
class InheritingController extends BaseController {}

@Controller()
class MethodGuardController {
  @Get('method') @UseGuards(OtherGuard, SessionGuard) @RequireSession('userId') method() {
    return 'method';
  }
}
@Controller()
@UseGuards(DerivedGuard)
class ClassGuardController {
  @Get('class') @RequireSession('userId') method() {
    return 'class';
  }
}
@Controller()
@UseGuards(new DerivedGuard(new Reflector()))
class InstanceGuardController extends OpenController {}
@Controller()
@UseGuards(PassingOnGuard)
class PassingOnController extends OpenController {}
@Controller()
@RequireSession(false)
class OnPurposeController {
  @Get('open') open() {
    return 'open';
  }
}

describe.each(ADAPTERS)('@RequireSession without a SessionGuard on %s', (_, adapter) => {
  const start = async (
    controller: Type,
    { providers = [], prepare }: { providers?: unknown[]; prepare?: (app: INestApplication) => void } = {},
  ): Promise<string> => {
    const { app } = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET })],
      controllers: [controller],
      providers,
      prepare: prepare ?? (() => undefined),
      options: { abortOnError: false },
    });
    await app.close();
    return 'started';
  };

  it.each<[string, Type, string]>([
    ['at a handler', OpenController, 'OpenController.secret'],
    [
      'at a controller: its handlers only, without the open ones',
      OpenClassController,
      'OpenClassController.one',
    ],
    ['behind another guard', OtherGuardController, 'OtherGuardController.other'],
    ['as @RequireLogin', LoginController, 'LoginController.account'],
    ['at an inherited handler', InheritingController, 'InheritingController.inherited'],
  ])('fails at startup, and names controller and handler: %s', async (_, controller, handler) => {
    await expect(start(controller)).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringMatching(`has no effect at ${handler}: no SessionGuard runs there`) as string,
    });
  });

  it('fails at startup behind another global guard', async () => {
    const providers = [{ provide: APP_GUARD, useClass: OtherGuard }];
    await expect(start(OpenController, { providers })).rejects.toThrow(/OpenController\.secret/);
  });

  it.each<[string, Type]>([
    ['at the handler', MethodGuardController],
    ['at the controller, as a subclass', ClassGuardController],
    ['at the controller, as an instance', InstanceGuardController],
    ['at the controller, injected into another guard', PassingOnController],
    ['that no handler needs', OnPurposeController],
  ])('starts with a guard %s', async (_, controller) => {
    expect(await start(controller, { providers: [SessionGuard] })).toBe('started');
  });

  it.each<[string, unknown[]]>([
    ['by its class', [{ provide: APP_GUARD, useClass: SessionGuard }]],
    ['by a subclass', [{ provide: APP_GUARD, useClass: DerivedGuard }]],
    ['for each request', [{ provide: APP_GUARD, useClass: RequestGuard }]],
    ['by an existing provider', [SessionGuard, { provide: APP_GUARD, useExisting: SessionGuard }]],
    [
      'by a factory',
      [{ provide: APP_GUARD, useFactory: (r: Reflector) => new SessionGuard(r), inject: [Reflector] }],
    ],
  ])('starts with a global guard %s', async (_, providers) => {
    expect(await start(OpenController, { providers })).toBe('started');
  });

  it.each<[string, unknown[]]>([
    ['as a value', [{ provide: APP_GUARD, useValue: new SessionGuard(new Reflector()) }]],
    [
      'as a value with a SessionGuard in a private field',
      [{ provide: APP_GUARD, useValue: new PassingOnGuard(new SessionGuard(new Reflector())) }],
    ],
    [
      'by a factory that injects it as optional',
      [
        SessionGuard,
        {
          provide: APP_GUARD,
          inject: [{ token: SessionGuard, optional: true }],
          useFactory: (guard: SessionGuard) => ({
            canActivate: (context: ExecutionContext) => guard.canActivate(context),
          }),
        },
      ],
    ],
  ])('starts with a global guard %s', async (_, providers) => {
    expect(await start(OpenController, { providers })).toBe('started');
  });

  it('starts with a delegating guard that main.ts makes global', async () => {
    const prepare = (app: INestApplication): void => void app.useGlobalGuards(app.get(PassingOnGuard));
    expect(await start(OpenController, { providers: [SessionGuard, PassingOnGuard], prepare })).toBe(
      'started',
    );
  });

  it('starts with a guard that main.ts makes global', async () => {
    const prepare = (app: INestApplication): void =>
      void app.useGlobalGuards(new SessionGuard(app.get(Reflector)));
    expect(await start(OpenController, { prepare })).toBe('started');
  });
});

describe('@RequireSession without a SessionGuard in an application without HTTP', () => {
  it('starts: a script has no routes, and lacks the global guards of main.ts', async () => {
    @Module({ imports: [SessionModule.forRoot({ secret: SECRET })], controllers: [OpenController] })
    class AppModule {}
    const options = { logger: false, abortOnError: false } as const;
    const context = await NestFactory.createApplicationContext(AppModule, options);
    expect(context.get(OpenController).secret()).toBe('secret');
    await context.close();
  });

  it('starts as a module in a test, which has no routes either', async () => {
    const imports = [SessionModule.forRoot({ secret: SECRET })];
    const module = await Test.createTestingModule({ imports, controllers: [OpenController] }).compile();
    expect((await module.init()).get(OpenController).secret()).toBe('secret');
    await module.close();
  });
});
