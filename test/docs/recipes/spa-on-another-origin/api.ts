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

export async function createApi(session: DynamicModule, adapter: AbstractHttpAdapter = new ExpressAdapter()) {
  const app = await NestFactory.create({ imports: [session], controllers: [LoginController] }, adapter);
  app.enableCors({ origin: [process.env.APP_ORIGIN!], credentials: true });
  return app;
}
