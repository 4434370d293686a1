import { once } from 'node:events';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocket } from 'ws';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';
import { startRecipe } from '../support/start-recipe.js';
import { prices } from './ws/client.js';

describe.each(ADAPTERS)('the recipe for ws on %s', (_, makeAdapter) => {
  let app: INestApplication;
  let url: string;
  let browser: Browser;
  const native = globalThis.WebSocket;
  beforeAll(async () => {
    process.env['SESSION_SECRET'] = SECRET;
    const { AppModule } = await import('./ws/app.module.js');
    ({ app, url } = await startRecipe(AppModule, makeAdapter, {
      prepare: (made) => void made.useWebSocketAdapter(new WsAdapter(made)),
    }));
    browser = new Browser(url);
    await browser.post('/login', { name: 'anna' });
    // The client of a page, whose browser sends the cookie.
    globalThis.WebSocket = class extends WebSocket {
      constructor(to: string) {
        super(to, { headers: { cookie: browser.cookie ?? '' } });
      }
    } as never;
  });
  afterAll(async () => {
    globalThis.WebSocket = native;
    await app.close();
  });

  it('keeps what a user watches, and tells the page of a logout', async () => {
    const ended = new Promise((resolve) => {
      const socket = prices(`${url.replace('http', 'ws')}/prices`, resolve) as unknown as WebSocket;
      void (async () => {
        await once(socket, 'open');
        for (const symbol of ['A', 'B']) {
          socket.send(JSON.stringify({ event: 'watch', data: symbol }));
          const [answer] = (await once(socket, 'message')) as [Buffer];
          expect(JSON.parse(answer.toString())).toMatchObject({ event: 'watched' });
        }
        await browser.post('/logout', {});
      })();
    });
    expect(await ended).toBe('logout');
  });

  it('closes the socket of a visitor', async () => {
    browser = new Browser(url);
    const reason = await new Promise((resolve) => prices(`${url.replace('http', 'ws')}/prices`, resolve));
    expect(reason).toBe('no login');
  });
});
