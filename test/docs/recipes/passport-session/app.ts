import { Controller, Injectable, Module, Post, UseGuards, type ExecutionContext } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { AuthGuard, PassportSerializer } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { SessionModule } from 'nest-session';
import passport from 'passport';
import { LocalStrategy } from './local.strategy.js';

@Injectable()
class UserSerializer extends PassportSerializer {
  serializeUser(user: { id: string }, done: (error: null, id: string) => void) {
    done(null, user.id);
  }
  deserializeUser(id: string, done: (error: null, user: { id: string }) => void) {
    done(null, { id });
  }
}

@Injectable()
class LoginGuard extends AuthGuard('local') {
  override async canActivate(context: ExecutionContext) {
    await super.canActivate(context); // a wrong password: 401
    await super.logIn(context.switchToHttp().getRequest()); // a new id
    return true;
  }
}

@Controller()
class LoginController {
  @Post('login')
  @UseGuards(LoginGuard)
  login() {
    return { ok: true };
  }
}

@Module({
  imports: [
    SessionModule.forRoot({
      secret: process.env.SESSION_SECRET!,
      principal: (session) => (session['passport'] as { user?: string } | undefined)?.user,
    }),
  ],
  providers: [LocalStrategy, UserSerializer],
  controllers: [LoginController],
})
class AppModule {}

export async function createApp(adapter: AbstractHttpAdapter = new ExpressAdapter()) {
  const app = await NestFactory.create(AppModule, adapter);
  app.use(passport.initialize());
  app.use(passport.session()); // sets req.user
  return app;
}
