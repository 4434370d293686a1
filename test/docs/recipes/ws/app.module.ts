import { Module } from '@nestjs/common';
import { SessionModule } from 'nest-session';
import { LoginController } from './login.controller.js';
import { PricesGateway } from './prices.gateway.js';

@Module({
  imports: [SessionModule.forRoot({ secret: process.env.SESSION_SECRET! })],
  controllers: [LoginController],
  providers: [PricesGateway],
})
export class AppModule {}
