import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

// The parent process has ended: end too.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

const adapter = process.env['ADAPTER'] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['warn', 'error', 'fatal'] });
// On SIGTERM, Nest accepts no new requests, completes the running ones and saves their sessions, then closes the store.
app.enableShutdownHooks();
await app.listen(process.env['APP_PORT'] || 0, '127.0.0.1');

const url = await app.getUrl();
if (process.send === undefined) console.log(`This application is at ${url}`);
else process.send({ url });
