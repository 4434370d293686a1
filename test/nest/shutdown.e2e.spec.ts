import { Controller, Post } from '@nestjs/common';
import { MemorySessionStore, Session, SessionModule, SessionStore, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { rawRequest } from '../support/raw-request.js';
import { SECRET } from '../support/secret.js';

@Controller()
class WriteController {
  @Post('write') write(@Session() session: UserSession) {
    session['n'] = 1;
    return { saved: true };
  }
}

/** A store whose writes wait for `release()`. It records the order of saves and close. */
class ClosingStore extends CountingStore {
  readonly memory: MemorySessionStore;
  readonly order: string[] = [];
  #release!: () => void;
  #arrived = 0;
  #waiting: { readonly count: number; readonly resolve: () => void } | null = null;

  constructor() {
    const memory = new MemorySessionStore();
    super(memory);
    this.memory = memory;
    const gate = new Promise<void>((resolve) => (this.#release = resolve));
    this.beforeWrite = async () => {
      if (++this.#arrived === this.#waiting?.count) this.#waiting.resolve();
      await gate;
      this.order.push('save');
    };
  }
  release(): void {
    this.#release();
  }
  /** Resolves after this number of writes has begun. */
  writes(count: number): Promise<void> {
    if (this.#arrived >= count) return Promise.resolve();
    return new Promise((resolve) => (this.#waiting = { count, resolve }));
  }
  onApplicationShutdown(): void {
    this.order.push('close');
  }
}

describe.each(ADAPTERS)('a shutdown, on %s', (_, adapter) => {
  const start = async (): Promise<{ store: ClosingStore; running: RunningApp }> => {
    const store = new ClosingStore();
    const running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store: { useFactory: () => store } })],
      controllers: [WriteController],
      options: { forceCloseConnections: false },
    });
    expect(running.app.get(SessionStore)).toBe(store);
    return { store, running };
  };

  it('responds to 50 requests with pending saves, and closes the store after the last save', async () => {
    const { store, running } = await start();
    const requests = Array.from({ length: 50 }, () => new Browser(running.url).post('/write'));
    await store.writes(50);
    const closed = running.app.close();
    store.release();
    const responses = await Promise.all(requests);
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 201));
    await Promise.all(responses.map((response) => response.text()));
    await closed;
    expect(store.memory.size).toBe(50);
    expect(store.order).toEqual([...Array.from({ length: 50 }, () => 'save'), 'close']);
  });

  it('saves for 20 clients that have disconnected, and closes the store after the last save', async () => {
    const { store, running } = await start();
    const requests = Array.from({ length: 20 }, () => rawRequest(running.url, '/write', { method: 'POST' }));
    await store.writes(20);
    for (const request of requests) request.abort();
    const closed = running.app.close();
    store.release();
    await closed;
    expect(store.memory.size).toBe(20);
    expect(store.order.at(-1)).toBe('close');
    expect(store.order.filter((step) => step === 'close')).toHaveLength(1);
  });
});
