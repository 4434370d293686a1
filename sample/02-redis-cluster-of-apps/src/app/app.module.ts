import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { hours, SessionModule } from 'nest-session';
import { HomeController } from './home.controller.js';
import { LoginController } from './login.controller.js';
import { pageHeaders } from './page/page-headers.js';
import { PageInterceptor } from './page/page.interceptor.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { openStore } from './store.js';

@Module({
  imports: [
    SessionModule.forRootAsync({
      // A provider, not an instance: Nest closes the store when the application ends.
      store: { useFactory: () => openStore(process.env) },
      useFactory: () => ({
        secret: process.env['SESSION_SECRET']!,
        // Cookies ignore ports: a distinct name separates this one from other applications on localhost.
        name: 'cluster-sample.sid',
        cookie: { sameSite: 'lax', maxAge: hours(8) },
        // Only the proxy can reach these processes, so its X-Forwarded-Proto can be trusted.
        proxy: true,
      }),
    }),
  ],
  controllers: [HomeController, LoginController],
  providers: [
    { provide: APP_GUARD, useClass: SameOriginGuard },
    { provide: APP_INTERCEPTOR, useClass: PageInterceptor },
  ],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(pageHeaders).forRoutes('{*splat}');
  }
}
