import { Controller, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as wait } from 'node:timers/promises';
import {
  MemorySessionStore,
  OnSession,
  SessionModule,
  SessionRegistry,
  type SessionEvent,
  type SessionEventOf,
} from 'nest-session';
import { SECRET } from '../support/secret.js';

/** Listeners run in a later turn of the event loop. */
const later = (): Promise<void> => wait(20);

describe('the methods with @OnSession of an application without HTTP', () => {
  let heard: SessionEvent[];
  beforeEach(() => (heard = []));

  const start = (...providers: unknown[]) => {
    @Module({
      imports: [SessionModule.forRoot({ secret: SECRET, store: new MemorySessionStore() })],
      providers: providers as never[],
    })
    class JobModule {}
    return NestFactory.createApplicationContext(JobModule, { logger: false, abortOnError: false });
  };

  it('are those of each instance once, also of controllers, inherited ones and values', async () => {
    class Base {
      readonly calls: string[] = [];
      get broken(): never {
        throw new Error('a getter that must not run');
      }
      @OnSession('revoked') inherited(): void {
        this.calls.push('inherited');
      }
      @OnSession('revoked', 'login') @OnSession('revoked') replaced(): void {
        this.calls.push('never');
      }
      @OnSession('login') otherType(): void {
        this.calls.push('never');
      }
    }
    @Injectable()
    class Audit extends Base {
      override replaced(): void {
        this.calls.push('never');
      }
    }
    @Controller()
    class AuditController extends Base {
      @OnSession('revoked') override replaced(): void {
        this.calls.push('replaced');
      }
    }
    const value = new Base();
    @Module({
      imports: [SessionModule.forRoot({ secret: SECRET })],
      controllers: [AuditController],
      providers: [
        Audit,
        { provide: 'alias', useExisting: Audit },
        { provide: 'value', useValue: value },
        { provide: 'factory', useFactory: () => new Audit() },
        { provide: 'none', useValue: Object.create(null) as object },
        { provide: 'nothing', useFactory: () => null },
      ],
    })
    class AppModule {}
    const context = await NestFactory.createApplicationContext(AppModule, { logger: false });
    await context.get(SessionRegistry).revokeEverything();
    await later();
    expect(context.get(Audit).calls).toEqual(['inherited']);
    expect(context.get<Audit>('factory').calls).toEqual(['inherited']);
    expect(context.get(AuditController).calls.sort()).toEqual(['inherited', 'replaced']);
    expect(value.calls.filter((call) => call === 'inherited')).toHaveLength(1);
    await context.close();
  });

  it('get the events of the registry', async () => {
    @Injectable()
    class Revocations {
      @OnSession('revoked') on(event: SessionEventOf<'revoked'>): void {
        heard.push(event);
      }
    }
    const context = await start(Revocations);
    await context.get(SessionRegistry).revokeEverything();
    await later();
    expect(heard).toMatchObject([{ type: 'revoked', reason: 'everything', handle: null, principal: null }]);
    await context.close();
  });

  it.each([
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('must not be in a %s provider', async (kind, scope) => {
    @Injectable({ scope })
    class Fleeting {
      @OnSession('login') on(): void {
        heard = [];
      }
    }
    await expect(start(Fleeting)).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringMatching(`@OnSession has no effect at Fleeting\\.on.*${kind}`) as string,
    });
  });
});
