import { Controller, Inject, Injectable, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  InjectSessionRegistry,
  MemorySessionStore,
  RequireLogin,
  Session,
  SessionGuard,
  SessionModule,
  SessionRegistry,
  type SessionSnapshot,
  type SessionStore,
  type UserSession,
} from 'nest-session';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import { newPrefix } from '../stores/support/redis-clients.js';
import { newTable } from '../stores/support/sql.js';
import { ADAPTERS, type MakeAdapter, startApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';
import { describeWithServer } from '../support/servers.js';

interface Cart {
  cart: { items: number[] };
}

/** What a request passes to a job: nothing that opens a session. */
interface Job {
  readonly principal: string;
  readonly handle: string;
}

@Injectable()
class Queue {
  readonly jobs: Job[] = [];
}

@Controller()
class ShopController {
  readonly #queue: Queue;
  constructor(@Inject(Queue) queue: Queue) {
    this.#queue = queue;
  }

  @Post('login') async login(@Session() session: UserSession<Cart>) {
    await session.login('u1', { method: 'pwd' });
    session.cart = { items: [1] };
    return { ok: true };
  }
  @Post('invoice')
  @UseGuards(SessionGuard)
  @RequireLogin()
  invoice(@Session() session: UserSession<Cart>) {
    this.#queue.jobs.push({ principal: session.principal!, handle: session.handle });
    return { ok: true };
  }
  @Post('add') add(@Session() session: UserSession<Cart>) {
    session.cart!.items.push(2);
    return { ok: true };
  }
  @Post('logout') async logout(@Session() session: UserSession) {
    await session.destroy();
    return { ok: true };
  }
}

/** In a process of its own, without HTTP. */
@Injectable()
class InvoiceWorker {
  readonly #registry: SessionRegistry;
  constructor(@InjectSessionRegistry() registry: SessionRegistry) {
    this.#registry = registry;
  }

  run({ principal, handle }: Job): Promise<SessionSnapshot<Cart> | null> {
    return this.#registry.sessionSnapshot<Cart>(principal, handle);
  }
}

const STORES = [
  ['memory', (work: (store: () => SessionStore) => void) => work(() => new MemorySessionStore())],
  [
    'Redis',
    (work: (store: () => SessionStore) => void) =>
      describeWithServer('redis', 'on one server', (url) =>
        work(() => new RedisSessionStore({ url, prefix: newPrefix() })),
      ),
  ],
  [
    'PostgreSQL',
    (work: (store: () => SessionStore) => void) =>
      describeWithServer('postgres', 'on one server', (url) =>
        work(() => new PostgresSessionStore({ url, table: newTable() })),
      ),
  ],
] as const;

describe.each(STORES)('a job reads the session of a request, with a store in %s', (_, withStore) => {
  withStore((makeStore) => {
    it.each(ADAPTERS)('on %s', async (_adapter, makeAdapter: MakeAdapter) => {
      const store = makeStore();
      const queue = new Queue();
      const { app, url } = await startApp(makeAdapter, {
        imports: [SessionModule.forRoot({ secret: SECRET, store })],
        controllers: [ShopController],
        providers: [{ provide: Queue, useValue: queue }],
      });
      class WorkerModule {}
      Module({
        imports: [SessionModule.forRoot({ secret: SECRET, store, sweepEvery: false })],
        providers: [InvoiceWorker],
      })(WorkerModule);
      const context = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
      const worker = context.get(InvoiceWorker);
      const browser = new Browser(url);
      await browser.post('/login');
      await browser.post('/invoice');
      const [job] = queue.jobs as [Job];
      const snapshot = (await worker.run(job))!;
      expect(snapshot).toMatchObject({ ...job, data: { cart: { items: [1] } } });
      expect(Object.keys(snapshot.methods)).toEqual(['pwd']);
      expect(() => snapshot.data.cart!.items.push(9)).toThrow(TypeError);
      await browser.post('/add');
      expect((await worker.run(job))!.data).toEqual({ cart: { items: [1, 2] } });
      expect(await worker.run({ ...job, principal: 'u2' })).toBeNull();
      await browser.post('/logout');
      expect(await worker.run(job)).toBeNull();
      expect(snapshot.data).toEqual({ cart: { items: [1] } });
      await app.close();
      await context.close();
    });
  });
});
