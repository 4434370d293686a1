import 'reflect-metadata';
import { configure } from '@codegenie/serverless-express';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Handler } from 'aws-lambda';
import { AppModule } from './app.module.js';

async function start(): Promise<Handler<unknown, unknown>> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
  await app.init();
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.ready();
  return configure({ app: (req, res) => fastify.routing(req, res) });
}

const started = start();

export const handler: Handler<unknown, unknown> = async (event, context, callback) =>
  (await started)(event, context, callback);
