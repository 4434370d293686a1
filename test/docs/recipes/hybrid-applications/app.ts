import { Module } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ClientsModule, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { SessionModule } from 'nest-session';
import { MessageController, REPORTS, WebController } from './reports.js';

const tcp = () => ({
  transport: Transport.TCP as const,
  options: { host: '127.0.0.1', port: Number(process.env.REPORTS_PORT) },
});

@Module({
  imports: [
    SessionModule.forRoot({ secret: process.env.SESSION_SECRET! }),
    ClientsModule.registerAsync([{ name: REPORTS, useFactory: tcp }]),
  ],
  controllers: [WebController, MessageController],
})
class AppModule {}

export async function createApp(adapter: AbstractHttpAdapter = new ExpressAdapter()) {
  const app = await NestFactory.create(AppModule, adapter);
  app.connectMicroservice<MicroserviceOptions>(tcp());
  await app.startAllMicroservices();
  return app;
}
