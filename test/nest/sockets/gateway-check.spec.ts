import { Injectable, UseGuards, UseInterceptors, type Type } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { CurrentSession, InjectCurrentSession, RequireLogin, Session } from 'nest-session';
import { usesSession } from '../../../lib/nest/sockets/gateway-check.js';

@Injectable()
class Users {
  constructor(readonly current: CurrentSession) {}
}

@Injectable()
class Chats {
  constructor(readonly users: Users) {}
}

@Injectable()
class Plain {
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
class OwnGuard {
  constructor(readonly users: Users) {}
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
class OwnInterceptor {
  @InjectCurrentSession('admin') readonly current!: CurrentSession;
  intercept(): never {
    throw new Error('never called');
  }
}

@WebSocketGateway()
class WithService {
  constructor(readonly chats: Chats) {}
}

@WebSocketGateway()
class WithNamed {
  constructor(@InjectCurrentSession('admin') readonly current: CurrentSession) {}
}

@WebSocketGateway()
@UseGuards(OwnGuard)
class WithGuard {}

@WebSocketGateway()
class WithInterceptor {
  @UseInterceptors(OwnInterceptor)
  @SubscribeMessage('a')
  a(): void {}
}

@WebSocketGateway()
class WithParameter {
  @SubscribeMessage('a') a(@Session() session: unknown): unknown {
    return session;
  }
}

@WebSocketGateway()
@RequireLogin()
class WithRequirement {}

@Injectable()
class First {
  constructor(readonly plain: Plain) {}
}

@WebSocketGateway()
@UseGuards(Plain)
class Without {
  constructor(readonly first: First) {}
  @SubscribeMessage('a') a(): void {}
}

describe('a gateway', () => {
  it.each<[string, Type]>([
    ['a service that injects CurrentSession', WithService],
    ['a named CurrentSession', WithNamed],
    ['a guard that injects CurrentSession', WithGuard],
    ['an interceptor of a handler that injects CurrentSession', WithInterceptor],
    ['a parameter decorator', WithParameter],
    ['a requirement', WithRequirement],
  ])('uses the session by %s', (_, gateway) => {
    expect(usesSession(gateway)).toBe(true);
  });

  it('does not use it where nothing of it reads one', () => {
    expect(usesSession(Without)).toBe(false);
  });
});
