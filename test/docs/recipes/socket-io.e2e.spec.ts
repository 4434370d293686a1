import { once } from 'node:events';
import type { INestApplication } from '@nestjs/common';
import type { Socket } from 'socket.io-client';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { SECRET } from '../../support/secret.js';
import { startRecipe } from '../support/start-recipe.js';
import { chat } from './socket-io/client.js';

describe.each(ADAPTERS)('the recipe for socket.io on %s', (_, makeAdapter) => {
  let app: INestApplication;
  let url: string;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    process.env['SESSION_SECRET'] = SECRET;
    const { AppModule } = await import('./socket-io/app.module.js');
    ({ app, url } = await startRecipe(AppModule, makeAdapter));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.close();
    await app.close();
  });

  const signIn = async (name: string): Promise<Browser> => {
    const browser = new Browser(url);
    await browser.post('/login', { name });
    return browser;
  };
  const connect = (browser: Browser, showLogin: (reason: string) => void = () => undefined): Socket => {
    const socket = chat(url, showLogin, { forceNew: true, extraHeaders: { cookie: browser.cookie ?? '' } });
    sockets.push(socket);
    return socket;
  };

  it('delivers a message to the user that it is for', async () => {
    const [anna, ben] = [connect(await signIn('anna')), connect(await signIn('ben'))];
    await Promise.all([anna, ben].map((socket) => once(socket as never, 'connect')));
    // The room is joined when the first message is answered, since it waits for the session too.
    ben.emit('say', { to: 'ben', text: 'note to myself' });
    expect(await once(ben as never, 'said')).toEqual([{ from: 'ben', text: 'note to myself' }]);
    anna.emit('say', { to: 'ben', text: 'hello' });
    expect(await once(ben as never, 'said')).toEqual([{ from: 'anna', text: 'hello' }]);
  });

  it('disconnects a visitor', async () => {
    const visitor = connect(new Browser(url));
    expect((await once(visitor as never, 'disconnect'))[0]).toBe('io server disconnect');
  });

  it('tells the page of a logout', async () => {
    const browser = await signIn('anna');
    const reason = new Promise((resolve) => {
      const socket = connect(browser, resolve);
      socket.once('connect', () => void browser.post('/logout', {}));
    });
    expect(await reason).toBe('logout');
  });
});
