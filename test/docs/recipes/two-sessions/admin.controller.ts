import { Body, Controller, Get, Injectable, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import {
  CurrentSession,
  InjectCurrentSession,
  InjectSessionStore,
  MemorySessionStore,
  Public,
  RequireLogin,
  RequireSession,
  Session,
  SessionGuard,
  type UserSession,
} from 'nest-session';

@Injectable()
export class AuditLog {
  constructor(@InjectCurrentSession('admin') private readonly current: CurrentSession) {}

  entry(action: string) {
    return { action, by: this.current.principal };
  }
}

@Controller('admin')
@UseGuards(SessionGuard)
@RequireLogin({ name: 'admin' })
export class AdminController {
  constructor(
    private readonly audit: AuditLog,
    @InjectSessionStore('admin') private readonly store: MemorySessionStore,
  ) {}

  @Post('login')
  @Public()
  async login(@Session({ name: 'admin' }) session: UserSession, @Body() form: { password: string }) {
    if (form.password !== process.env.ADMIN_PASSWORD) throw new UnauthorizedException();
    await session.login('root');
    return { ok: true };
  }

  @Post('prices')
  prices() {
    return this.audit.entry('prices');
  }

  @Post('wizard')
  start(@Session({ name: 'admin' }) session: UserSession) {
    session['step'] = 1;
  }

  @Get('wizard')
  @RequireSession({ name: 'admin' }, 'step') // instead of the controller's requirement
  wizard(@Session({ name: 'admin', path: 'step' }) step: number) {
    return { step };
  }

  @Get('sessions')
  sessions() {
    return { signedIn: this.store.size };
  }
}
