import {
  Catch,
  Controller,
  type ExceptionFilter,
  Inject,
  Module,
  Post,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  type ClientProxy,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import {
  CurrentPrincipal,
  InjectSessionRegistry,
  MemorySessionStore,
  RequireSession,
  Session,
  SessionError,
  SessionGuard,
  SessionId,
  SessionModule,
  SessionRegistry,
  type UserSession,
} from 'nest-session';
import { firstValueFrom, of } from 'rxjs';
import { ADAPTERS, startApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { SECRET } from '../support/secret.js';

interface Message {
  readonly principal: string;
  readonly handle: string;
}

/** Responds with the code and the message of an error, which Nest hides from clients. */
@Catch(SessionError)
class ErrorInResponse implements ExceptionFilter {
  catch({ code, message }: SessionError) {
    return of({ code, message });
  }
}

@Controller()
@UseFilters(ErrorInResponse)
class ReportHandlers {
  readonly #registry: SessionRegistry;
  constructor(@InjectSessionRegistry() registry: SessionRegistry) {
    this.#registry = registry;
  }

  @MessagePattern('report') async report(@Payload() { principal, handle }: Message) {
    const snapshot = await this.#registry.sessionSnapshot<{ theme: string }>(principal, handle);
    return snapshot && { theme: snapshot.data.theme, handle: snapshot.handle };
  }
  @MessagePattern('session') session(@Session() session: UserSession) {
    return session.handle;
  }
  @MessagePattern('id') id(@SessionId() id: string) {
    return id;
  }
  @MessagePattern('principal') principal(@CurrentPrincipal() principal: string) {
    return principal;
  }
  @MessagePattern('guarded')
  @UseGuards(SessionGuard)
  @RequireSession()
  guarded() {
    return 'reached';
  }
}

const CLIENT = Symbol('client');

@Controller()
class WebController {
  readonly #client: ClientProxy;
  constructor(@Inject(CLIENT) client: ClientProxy) {
    this.#client = client;
  }

  @Post('login') async login(@Session() session: UserSession) {
    await session.login('u1');
    session['theme'] = 'dark';
    return { handle: session.handle };
  }
  @Post('report') report(@Session() { principal, handle }: UserSession) {
    return firstValueFrom(this.#client.send<object>('report', { principal, handle }));
  }
}

const tcp = (port: number): MicroserviceOptions => ({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port },
});

const clientOf = (port: number): ClientProxy =>
  ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });

const NEEDS_SNAPSHOT = {
  code: 'ERR_SESSION_NOT_MOUNTED',
  message:
    'The session cannot be read in a context of type "rpc" without an HTTP request. Pass session.principal and ' +
    'session.handle in the message, inject SessionRegistry, and read ' +
    'registry.sessionSnapshot(principal, handle) there.',
};

/** The handlers cannot read the session of a request, and each error contains the remedy. */
async function checkErrors(client: ClientProxy): Promise<void> {
  for (const pattern of ['session', 'id', 'principal', 'guarded'])
    expect(await firstValueFrom(client.send<object>(pattern, {}))).toEqual(NEEDS_SNAPSHOT);
}

describe.each(ADAPTERS)('a microservice behind an application on %s', (_, makeAdapter) => {
  it('reads the session of a request by principal and handle, over TCP', async () => {
    const port = await freePort();
    const store = new MemorySessionStore();
    class ServiceModule {}
    Module({
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [ReportHandlers],
    })(ServiceModule);
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(ServiceModule, {
      ...tcp(port),
      logger: false,
    });
    await service.listen();
    const client = clientOf(port);
    const { app, url } = await startApp(makeAdapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store })],
      controllers: [WebController],
      providers: [{ provide: CLIENT, useValue: client }],
    });
    const browser = new Browser(url);
    const { handle } = (await (await browser.post('/login')).json()) as Message;
    expect(await (await browser.post('/report')).json()).toEqual({ theme: 'dark', handle });
    expect(await firstValueFrom(client.send('report', { principal: 'u2', handle }))).toBeNull();
    await checkErrors(client);
    await app.close();
    await service.close();
    await client.close();
  });

  it('does so in a hybrid application too', async () => {
    const port = await freePort();
    const client = clientOf(port);
    const { app, url } = await startApp(makeAdapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store: new MemorySessionStore() })],
      controllers: [WebController, ReportHandlers],
      providers: [{ provide: CLIENT, useValue: client }],
      prepare: (made) => void made.connectMicroservice<MicroserviceOptions>(tcp(port)),
    });
    await app.startAllMicroservices();
    const browser = new Browser(url);
    const { handle } = (await (await browser.post('/login')).json()) as Message;
    expect(await (await browser.post('/report')).json()).toEqual({ theme: 'dark', handle });
    await checkErrors(client);
    await app.close();
    await client.close();
  });
});
