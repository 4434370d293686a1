import { Module } from '@nestjs/common';
import { SessionModule } from 'nest-session';
import { NewsController } from './news.controller.js';

@Module({
  imports: [SessionModule.forRoot({ secret: process.env.SESSION_SECRET! })],
  controllers: [NewsController],
})
export class AppModule {}
