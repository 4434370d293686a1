import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sessionMiddleware, type UserSession } from 'nest-session/http';
import { Browser } from '../support/browser.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

/** How a genid function can read the id that the request has. */
const READERS: readonly (readonly [string, (req: Read) => unknown])[] = [
  ['req.sessionID', (req) => req.sessionID],
  ['req.session.id', (req) => req.session?.id],
  ['req.session.handle', (req) => req.session?.handle],
];
type Read = IncomingMessage & { readonly sessionID?: string; readonly session?: UserSession };

describe.each(READERS)('a genid function that reads %s (R30)', (_, read) => {
  let running: RunningServer;
  afterEach(() => running.close());

  it('reads undefined for the first id, and the former id for a new one', async () => {
    const seen: unknown[] = [];
    const genid = (req: IncomingMessage): string => {
      seen.push(read(req));
      return randomUUID();
    };
    const session = sessionMiddleware({ secret: SECRET, genid, sweepEvery: false });
    const fromHandler: unknown[] = [];
    running = await listen((req, res) => {
      session(req, res, (error) => {
        const { session: mine } = req as SessionRequest;
        const run = async (): Promise<void> => {
          if (error !== undefined) throw error as Error;
          if (req.url === '/login') await mine.regenerate();
          mine['user'] = 'u1';
          await mine.save();
          fromHandler.push(read(req));
        };
        run().then(
          () => res.end('ok'),
          (fault: unknown) => res.end(String(fault)),
        );
      });
    });
    const browser = new Browser(running.url);
    expect(await (await browser.fetch('/')).text()).toBe('ok');
    expect(await (await browser.fetch('/login')).text()).toBe('ok');
    expect(fromHandler).toHaveLength(2);
    expect(seen).toEqual([undefined, fromHandler[0]]);
    expect(fromHandler[1]).not.toBe(fromHandler[0]);
  });
});
