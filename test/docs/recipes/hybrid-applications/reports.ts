import { Controller, Inject, Post, UseGuards } from '@nestjs/common';
import { ClientProxy, MessagePattern, Payload } from '@nestjs/microservices';
import { RequireLogin, Session, SessionGuard, SessionRegistry, type UserSession } from 'nest-session';

export const REPORTS = Symbol('the client of the message handlers');

interface Login {
  readonly principal: string;
  readonly handle: string;
}

@Controller()
export class WebController {
  constructor(@Inject(REPORTS) private readonly reports: ClientProxy) {}

  @Post('login')
  async login(@Session() session: UserSession) {
    await session.login('u1'); // after the password was checked
    session['theme'] = 'dark';
  }

  @Post('report')
  @UseGuards(SessionGuard)
  @RequireLogin()
  report(@Session() { principal, handle }: UserSession) {
    return this.reports.send('report', { principal, handle });
  }
}

@Controller()
export class MessageController {
  constructor(@Inject(SessionRegistry) private readonly registry: SessionRegistry) {}

  @MessagePattern('report')
  async report(@Payload() { principal, handle }: Login) {
    const snapshot = await this.registry.sessionSnapshot<{ theme: string }>(principal, handle);
    if (snapshot === null) return { error: 'The session has ended.' };
    return { for: snapshot.principal, theme: snapshot.data.theme };
  }
}
