import { Controller, Get, Module, Post } from '@nestjs/common';
import { CurrentPrincipal, Session, SessionModule, type UserSession } from 'nest-session';

@Controller()
class LoginController {
  @Post('login')
  async login(@Session() session: UserSession) {
    await session.login('u1'); // after the password was checked
    return { ok: true };
  }

  @Get('me')
  me(@CurrentPrincipal() user: string | null) {
    return { user };
  }
}

@Module({
  imports: [
    SessionModule.forRoot({
      secret: process.env.SESSION_SECRET!,
      name: '__Host-sid',
      cookie: { secure: true },
    }),
  ],
  controllers: [LoginController],
})
export class AppModule {}
