import { Controller, Get, Module, Post, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  CurrentPrincipal,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  type UserSession,
} from 'nest-session';
import { LocalStrategy, type User } from './local.strategy.js';

@Controller()
class LoginController {
  @Post('login')
  @UseGuards(AuthGuard('local'))
  async login(@Req() req: { user: User }, @Session() session: UserSession) {
    await session.login(req.user.id, { method: 'pwd', keep: ['cart'] });
    return { ok: true };
  }

  @Get('me')
  @UseGuards(SessionGuard)
  @RequireLogin()
  me(@CurrentPrincipal() user: string) {
    return { user };
  }

  @Post('logout')
  async logout(@Session() session: UserSession) {
    await session.destroy();
    return { ok: true };
  }
}

@Module({
  imports: [SessionModule.forRoot({ secret: process.env.SESSION_SECRET! })],
  providers: [LocalStrategy],
  controllers: [LoginController],
})
export class AppModule {}
