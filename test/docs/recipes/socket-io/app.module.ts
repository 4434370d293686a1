import { Module } from '@nestjs/common';
import { SessionModule } from 'nest-session';
import { ChatGateway } from './chat.gateway.js';
import { LoginController } from './login.controller.js';

@Module({
  imports: [SessionModule.forRoot({ secret: process.env.SESSION_SECRET! })],
  controllers: [LoginController],
  providers: [ChatGateway],
})
export class AppModule {}
