import { Controller, Get, Module, Post } from '@nestjs/common';
import { CurrentPrincipal, Session, SessionModule, type UserSession } from 'nest-session';
import { RedisSessionStore } from 'nest-session/redis';
import { createClient } from 'redis';

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

async function connectedStore() {
  const client = createClient({ url: process.env.REDIS_URL!, disableOfflineQueue: true });
  client.on('error', () => {}); // the store reports it
  await client.connect();
  return new RedisSessionStore({ client });
}

@Module({
  imports: [
    SessionModule.forRoot({
      secret: process.env.SESSION_SECRET!,
      store: { useFactory: connectedStore },
      name: '__Host-sid',
      cookie: { secure: true },
      sweepEvery: false, // no timer runs between invocations
    }),
  ],
  controllers: [LoginController],
})
export class AppModule {}
