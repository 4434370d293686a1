import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

// Whoever started this process is gone: it goes too.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

const adapter = process.env['ADAPTER'] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['warn', 'error', 'fatal'] });
// SIGTERM: no new requests, the old ones are answered and their sessions saved, then the store is closed.
app.enableShutdownHooks();
await app.listen(process.env['APP_PORT'] || 0, '127.0.0.1');

const url = await app.getUrl();
if (process.send === undefined) console.log(`This application is at ${url}`);
else process.send({ url });
