import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

export async function createFastifyApp() {
  const adapter = new FastifyAdapter({ trustProxy: '127.0.0.1' }); // the addresses of your proxies
  return NestFactory.create<NestFastifyApplication>(AppModule, adapter);
}
