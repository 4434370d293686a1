import { join } from 'node:path';
import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { days, SessionModule } from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { AccountController } from './login/account.controller.js';
import { LoginController } from './login/login.controller.js';
import { SameOriginGuard } from './login/same-origin.guard.js';
import { pageHeaders } from './pages/page-headers.js';
import { PagesController } from './pages/pages.controller.js';
import { readSecret, readSettings } from './settings.js';
import { UsersService } from './users/users.service.js';

@Module({
  imports: [
    SessionModule.forRootAsync({
      // A provider, not an instance: Nest closes the database when the application ends.
      store: { useFactory: () => new LmdbSessionStore({ path: join(readSettings().dataPath, 'sessions') }) },
      useFactory: () => ({
        secret: readSecret(readSettings()),
        // Cookies ignore ports: a distinct name separates this one from other applications on localhost.
        name: 'login-sample.sid',
        // With a maxAge, the cookie and the login survive the end of the browser.
        cookie: { sameSite: 'lax', maxAge: days(7) },
      }),
    }),
  ],
  controllers: [PagesController, LoginController, AccountController],
  providers: [UsersService, { provide: APP_GUARD, useClass: SameOriginGuard }],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(pageHeaders).forRoutes('{*splat}');
  }
}
