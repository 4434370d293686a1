import { Body, Controller, Get, Post, type DynamicModule } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { CurrentPrincipal, Session, type UserSession } from 'nest-session';

@Controller()
class LoginController {
  @Post('login')
  async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user); // after the password was checked
    return { user };
  }

  @Get('me')
  me(@CurrentPrincipal() user: string | null) {
    return { user };
  }
}

class ApiModule {}

export async function createApi(session: DynamicModule, adapter: AbstractHttpAdapter = new ExpressAdapter()) {
  const module = { module: ApiModule, imports: [session], controllers: [LoginController] };
  const app = await NestFactory.create(module, adapter);
  app.enableCors({ origin: [process.env.APP_ORIGIN!], credentials: true });
  return app;
}
