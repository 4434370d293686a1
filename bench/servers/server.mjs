import 'reflect-metadata';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { dataOf, SIZES } from '../lib/sessions.mjs';
import { LAYERS } from './layers.mjs';

const ANSWER = { ok: true, words: 'what a small route answers with' };
const NEW = Object.fromEntries(Object.entries(SIZES).map(([size, bytes]) => [size, dataOf(bytes)]));

/** Whether the application has no session layer. */
let isBare = false;

class BenchController {
  untouched() {
    return ANSWER;
  }
  read(req) {
    if (!isBare) void req.session.userId;
    return ANSWER;
  }
  change(req) {
    if (!isBare) req.session.visits = (req.session.visits ?? 0) + 1;
    return ANSWER;
  }
  login(req) {
    if (!isBare) Object.assign(req.session, NEW[req.query.size]);
    return ANSWER;
  }
}

/** Applies the decorators by hand, as compiled TypeScript does. */
Controller()(BenchController);
for (const route of ['untouched', 'read', 'change', 'login']) {
  Req()(BenchController.prototype, route, 0);
  Get(route)(
    BenchController.prototype,
    route,
    Object.getOwnPropertyDescriptor(BenchController.prototype, route),
  );
}

let layer;

/** Starts a Nest application with one controller. Resolves with its port. */
export async function start({ platform, subject }) {
  isBare = subject === 'none';
  layer = await LAYERS[subject]();
  class BenchModule {}
  Module({ imports: layer.imports ?? [], controllers: [BenchController] })(BenchModule);
  const app = await NestFactory.create(BenchModule, await adapterOf(platform), { logger: false });
  await layer.mount?.(app);
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}

async function adapterOf(platform) {
  if (platform === 'fastify') {
    const { FastifyAdapter } = await import('@nestjs/platform-fastify');
    return new FastifyAdapter();
  }
  const { ExpressAdapter } = await import('@nestjs/platform-express');
  return new ExpressAdapter();
}

/** CPU time of this process in microseconds. */
export function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export const forget = () => layer.forget?.();
