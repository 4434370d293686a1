import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { configure } from '@codegenie/serverless-express';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Handler } from 'aws-lambda';
import { AppModule } from './app.module.js';

async function start(): Promise<Handler<unknown, unknown>> {
  const app = await NestFactory.create(AppModule, new ExpressAdapter());
  await app.init(); // in place of listen()
  return configure({ app: app.getHttpAdapter().getInstance() as RequestListener });
}

const started = start(); // once for each process, not for each request

export const handler: Handler<unknown, unknown> = async (event, context, callback) =>
  (await started)(event, context, callback);
