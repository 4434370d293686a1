import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import express from 'express';
import { getSession, Session, SessionModule, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

type WithSession = (IncomingMessage | { readonly raw: IncomingMessage }) & { session?: UserSession };

@Controller()
class VisitsController {
  @Get('nest') visits(@Session() session: UserSession) {
    return count(session);
  }
}

const count = (session: UserSession): { visits: number } => {
  session['visits'] = Number(session['visits'] ?? 0) + 1;
  return { visits: session['visits'] as number };
};

/** What Express and Fastify share of a route of their own. */
interface Routes {
  get(path: string, handler: (req: WithSession, res: { send(body: unknown): unknown }) => unknown): unknown;
}

const routesOf = (app: INestApplication): Routes => app.getHttpAdapter().getInstance() as Routes;

describe.each(ADAPTERS)('routes of %s outside of Nest', (name, adapter) => {
  let running: RunningApp;
  let store: CountingStore;
  const start = async (prepare: (app: INestApplication) => void, load?: 'lazy'): Promise<Browser> => {
    store = new CountingStore();
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, store, load })],
      controllers: [VisitsController],
      prepare,
    });
    return new Browser(running.url);
  };
  afterEach(() => running.app.close());

  it('share the session with controllers, as request.session and by getSession()', async () => {
    const browser = await start((app) => {
      routesOf(app).get('/property', ({ session }, res) => res.send(count(session!)));
      routesOf(app).get('/function', (req, res) => res.send(count(getSession(req)!)));
    });
    const visits: unknown[] = [];
    for (const path of ['/nest', '/property', '/function', '/nest']) visits.push(await browser.get(path));
    expect(visits).toEqual([1, 2, 3, 4].map((each) => ({ visits: each })));
  });

  it('may be handlers of node:http', async () => {
    const browser = await start((app) => {
      app.use('/raw', (req: IncomingMessage, res: ServerResponse) => {
        const { visits } = count(getSession(req)!);
        res.setHeader('content-type', 'application/json').end(JSON.stringify({ visits }));
      });
    });
    expect(await browser.get('/raw')).toEqual({ visits: 1 });
    expect(await browser.get('/nest')).toEqual({ visits: 2 });
  });

  it('may be an application of Express below a path', async () => {
    const sub = express();
    sub.get('/visits', (req, res) => void res.json(count(getSession(req)!)));
    sub.get('/property', (req, res) => void res.json(count((req as unknown as WithSession).session!)));
    const browser = await start((app) => void app.use('/sub', sub));
    expect(await browser.get('/nest')).toEqual({ visits: 1 });
    expect(await browser.get('/sub/visits')).toEqual({ visits: 2 });
    expect(await browser.get('/sub/property')).toEqual({ visits: 3 });
    store.calls = [];
    await browser.get('/sub/visits');
    expect(store.calls).toEqual(['load', 'patch']);
  });

  it('end the session of controllers', async () => {
    const browser = await start((app) => {
      routesOf(app).get('/logout', async (req, res) => {
        await getSession(req)!.destroy();
        // A Fastify handler that returns a promise responds with its value.
        return name === 'fastify' ? { ended: true } : res.send({ ended: true });
      });
    });
    await browser.get('/nest');
    expect(await browser.get('/logout')).toEqual({ ended: true });
    expect(await browser.get('/nest')).toEqual({ visits: 1 });
  });
});
