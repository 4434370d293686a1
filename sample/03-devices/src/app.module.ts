import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { days, SessionModule } from 'nest-session';
import { ConfirmController } from './confirm/confirm.controller.js';
import { deviceOf } from './devices/device-of.js';
import { DevicesController } from './devices/devices.controller.js';
import { EndedController } from './ended/ended.controller.js';
import { EndedSessions } from './ended/ended-sessions.js';
import { LoginController } from './login/login.controller.js';
import { SignInFilter } from './login/sign-in.filter.js';
import { pageHeaders } from './pages/page-headers.js';
import { StyleController } from './pages/style.controller.js';
import { PasswordController } from './password/password.controller.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { readSecret, readSettings } from './settings.js';
import { openStore } from './store.js';
import { UsersService } from './users/users.service.js';

@Module({
  imports: [
    SessionModule.forRootAsync({
      // A provider, not an instance: Nest closes the store when the application ends.
      store: { useFactory: () => openStore(readSettings()) },
      useFactory: () => ({
        secret: readSecret(readSettings()),
        // Cookies ignore ports: a distinct name separates this one from other applications on localhost.
        name: 'devices-sample.sid',
        cookie: { sameSite: 'lax', maxAge: days(7) },
        device: deviceOf,
      }),
    }),
  ],
  controllers: [
    LoginController,
    ConfirmController,
    DevicesController,
    PasswordController,
    EndedController,
    StyleController,
  ],
  providers: [
    UsersService,
    EndedSessions,
    { provide: APP_GUARD, useClass: SameOriginGuard },
    { provide: APP_FILTER, useClass: SignInFilter },
  ],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(pageHeaders).forRoutes('{*splat}');
  }
}
