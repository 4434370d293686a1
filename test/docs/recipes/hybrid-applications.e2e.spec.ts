import { Logger, type INestApplication } from '@nestjs/common';
import { SessionRegistry } from 'nest-session';
import type { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { ADAPTERS } from '../../support/adapters.js';
import { Browser } from '../../support/browser.js';
import { freePort } from '../../support/free-port.js';
import { SECRET } from '../../support/secret.js';

beforeAll(() => {
  Logger.overrideLogger(false);
  process.env['SESSION_SECRET'] = SECRET;
});

describe.each(ADAPTERS)('the recipe for hybrid applications on %s', (_, makeAdapter) => {
  let app: INestApplication;
  beforeEach(async () => {
    process.env['REPORTS_PORT'] = String(await freePort());
    const { createApp } = await import('./hybrid-applications/app.js');
    app = await createApp(makeAdapter() as never);
    await app.listen(0, '127.0.0.1');
  });
  afterEach(() => app.close());

  it('reads the session of a request in a message handler, until the session has ended', async () => {
    const { REPORTS } = await import('./hybrid-applications/reports.js');
    const browser = new Browser(await app.getUrl());
    expect((await browser.post('/report')).status).toBe(401);
    await browser.post('/login');
    expect(await (await browser.post('/report')).json()).toEqual({ for: 'u1', theme: 'dark' });
    const registry = app.get(SessionRegistry);
    const { handle } = (await registry.list('u1'))[0]!;
    await registry.revokeAll('u1');
    const message = app.get<ClientProxy>(REPORTS).send<object>('report', { principal: 'u1', handle });
    expect(await firstValueFrom(message)).toEqual({ error: 'The session has ended.' });
  });
});
