import type { IncomingMessage } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { getSession, SessionModule } from 'nest-session';
import { startApp, type RunningApp } from '../support/adapters.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

interface Reply {
  readonly sent: boolean;
  code(status: number): Reply;
  send(body: unknown): Reply;
}

interface Fastify {
  addHook(
    name: 'preHandler',
    hook: (request: { readonly raw: IncomingMessage }, reply: Reply) => Promise<void>,
  ): unknown;
}

let handled = 0;

@Controller()
class PagesController {
  @Get('secret') secret() {
    handled++;
    return 'secret';
  }
}

let running: RunningApp | undefined;
afterEach(() => running?.app.close());

it('a Fastify hook that sends a response ends the request, also during the commit', async () => {
  const sent: boolean[] = [];
  handled = 0;
  running = await startApp(() => new FastifyAdapter() as never, {
    imports: [SessionModule.forRoot({ secret: SECRET, store: new CountingStore() })],
    controllers: [PagesController],
    prepare: (app) => {
      const fastify = app.getHttpAdapter().getInstance() as Fastify;
      fastify.addHook('preHandler', async ({ raw }, reply) => {
        getSession(raw)!['denied'] = 1;
        sent.push(reply.sent);
        reply.code(401).send('denied');
        sent.push(reply.sent);
      });
    },
  });
  const response = await fetch(`${running.url}/secret`);
  expect([response.status, await response.text()]).toEqual([401, 'denied']);
  expect(handled).toBe(0);
  expect(sent).toEqual([false, true]);
});
