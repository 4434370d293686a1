import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Controller, Post } from '@nestjs/common';
import { Session, SessionModule, type UserSession } from 'nest-session';
import { ADAPTERS, startApp, type RunningApp } from '../support/adapters.js';
import { Browser } from '../support/browser.js';
import { SECRET } from '../support/secret.js';

@Controller()
class LoginController {
  @Post('visit') visit(@Session() session: UserSession) {
    session['visited'] = true;
    return { id: session.id };
  }
  @Post('login') async login(@Session() session: UserSession) {
    await session.regenerate();
    session['user'] = 'u1';
    return { id: session.id };
  }
}

describe.each(ADAPTERS)('a genid function of the module on %s', (_, adapter) => {
  let running: RunningApp;
  afterEach(() => running.app.close());

  it('can read the replaced id of the request, undefined for a new session (R30)', async () => {
    const seen: unknown[] = [];
    const genid = (req: IncomingMessage): string => {
      const { sessionID, session } = req as IncomingMessage & { sessionID?: string; session: UserSession };
      seen.push([sessionID, session.id]);
      return randomUUID();
    };
    running = await startApp(adapter, {
      imports: [SessionModule.forRoot({ secret: SECRET, genid })],
      controllers: [LoginController],
    });
    const browser = new Browser(running.url);
    const { id } = (await (await browser.post('/visit')).json()) as { id: string };
    expect((await browser.post('/login')).status).toBe(201);
    expect(seen).toEqual([
      [undefined, undefined],
      [id, id],
    ]);
  });
});
