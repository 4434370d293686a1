import type { INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { MemorySessionStore, SessionModule } from 'nest-session';
import { CartController } from './cart.controller.js';

const secret = 'for-tests-only-0123456789-abcdefghijkl';

export async function startCart(adapter: AbstractHttpAdapter = new ExpressAdapter()) {
  const store = new MemorySessionStore();
  const module = await Test.createTestingModule({
    imports: [SessionModule.forRoot({ secret, store })], // or your AppModule
    controllers: [CartController],
  }).compile();
  const app = module.createNestApplication<INestApplication>(adapter);
  await app.listen(0, '127.0.0.1');
  return { app, store, post: clientOf(await app.getUrl()) };
}

/** Posts JSON as one browser: it sends the cookie of the last response that had one. */
function clientOf(url: string) {
  let cookie = '';
  return async (path: string, body: object = {}) => {
    const headers = { 'content-type': 'application/json', cookie };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const [line] = response.headers.getSetCookie();
    if (line !== undefined) cookie = line.split(';')[0]!;
    return response;
  };
}
