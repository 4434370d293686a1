import { Controller, Get, Module, Redirect, Req, UseGuards } from '@nestjs/common';
import {
  CurrentPrincipal,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  type UserSession,
} from 'nest-session';
import { OAuthGuard, OAuthStrategy } from './oauth.strategy.js';

@Controller()
class LoginController {
  @Get('oauth')
  @UseGuards(OAuthGuard)
  oauth() {} // the guard redirects to the provider

  @Get('oauth/callback')
  @UseGuards(OAuthGuard)
  @Redirect('/me')
  async callback(@Req() req: { user: { id: string } }, @Session() session: UserSession) {
    await session.login(req.user.id, { method: 'oauth', keep: ['cart'] });
  }

  @Get('me')
  @UseGuards(SessionGuard)
  @RequireLogin()
  me(@CurrentPrincipal() user: string) {
    return { user };
  }
}

@Module({
  imports: [SessionModule.forRoot({ secret: process.env.SESSION_SECRET! })],
  providers: [OAuthStrategy],
  controllers: [LoginController],
})
export class AppModule {}
