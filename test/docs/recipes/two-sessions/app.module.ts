import { Module } from '@nestjs/common';
import { days, hours, MemorySessionStore, minutes, SessionModule } from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { AdminController, AuditLog } from './admin.controller.js';
import { ShopController } from './shop.controller.js';

@Module({
  imports: [
    SessionModule.forRoot({
      secret: process.env.SESSION_SECRET!,
      name: 'shop.sid',
      store: { useFactory: () => new LmdbSessionStore({ path: process.env.SESSION_PATH! }) },
      cookie: { maxAge: days(7) },
    }),
    SessionModule.forRoot({
      sessionName: 'admin',
      secret: process.env.ADMIN_SESSION_SECRET!,
      name: 'admin.sid',
      store: MemorySessionStore,
      cookie: { path: '/admin', sameSite: 'strict' },
      timeouts: { idle: minutes(15), absolute: hours(8) },
    }),
  ],
  controllers: [ShopController, AdminController],
  providers: [AuditLog],
})
export class AppModule {}
