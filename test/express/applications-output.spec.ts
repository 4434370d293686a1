import { EventEmitter, once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import compression from 'compression';
import type { Application, RequestHandler } from 'express';
import helmet from 'helmet';
import morgan from 'morgan';
import request from 'supertest';
import { IMPORTS, OPTIONS, sessionOf, sidOf } from '../support/express-apps.js';

const TEXT = 'a line that gzip makes much shorter\n'.repeat(5_000);

describe.each(IMPORTS)('an application with %s on %s', (_, __, express, session) => {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-'));
  const file = join(folder, 'text.txt');
  beforeAll(() => writeFileSync(file, TEXT));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Sends responses in every way, each after a change of the session. */
  const addRoutes = (app: Application): Application => {
    app.use((req, ___, next) => {
      const current = sessionOf(req);
      current['n'] = Number(current['n'] ?? 0) + 1;
      next();
    });
    app.get('/json', (___, res) => void res.json({ text: TEXT }));
    app.get('/send', (___, res) => void res.type('text').send(TEXT));
    app.get('/pipe', (___, res) => void Readable.from(pieces()).pipe(res.type('text')));
    app.get('/read', (___, res) => void createReadStream(file).pipe(res.type('text')));
    app.get('/file', (___, res) => void res.sendFile(file));
    app.get('/writes', (___, res) => {
      res.type('text');
      for (const piece of pieces()) res.write(piece);
      res.end();
    });
    app.get('/empty', (___, res) => void res.status(204).end());
    app.get('/away', (___, res) => void res.redirect('/json'));
    app.get('/fault', () => {
      throw new Error('a fault of the application');
    });
    app.get('/n', (req, res) => void res.json(sessionOf(req)['n']));
    return app;
  };

  describe('and helmet', () => {
    it.each(['before', 'after'])('sends its headers and the cookie: helmet %s the session', async (where) => {
      const app = express();
      app.use(...ordered(where, helmet(), session(OPTIONS)));
      const agent = request.agent(addRoutes(app));
      const response = await agent.get('/json').expect(200);
      expect(response.headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'self'") as string,
        'x-content-type-options': 'nosniff',
      });
      expect(sidOf(response)).toBeDefined();
      await agent.get('/n').expect(200, '2');
    });
  });

  describe.each(['before', 'after'])('and compression %s the session', (where) => {
    const build = () => {
      const app = express();
      app.use(...ordered(where, compression({ threshold: 0 }), session(OPTIONS)));
      return addRoutes(app);
    };

    it.each(['json', 'send', 'pipe', 'read', 'file', 'writes'])(
      'stores the session and sends the whole body, compressed: %s',
      async (path) => {
        const agent = request.agent(build());
        const response = await agent.get(`/${path}`).expect(200);
        expect(response.headers['content-encoding']).toBe('gzip');
        expect(path === 'json' ? (response.body as { text: string }).text : response.text).toBe(TEXT);
        expect(sidOf(response)).toBeDefined();
        await agent.get('/n').expect(200, '2');
      },
    );

    it.each([
      ['empty', 204],
      ['away', 302],
      ['fault', 500],
    ])('stores the session with a small or empty response: %s', async (path, status) => {
      const agent = request.agent(build());
      const response = await agent.get(`/${path}`).expect(status);
      expect(sidOf(response)).toBeDefined();
      await agent.get('/n').expect(200, '2');
    });

    it('does not compress if the client does not accept it', async () => {
      const agent = request.agent(build());
      const response = await agent.get('/pipe').set('Accept-Encoding', 'identity').expect(200);
      expect(response.headers['content-encoding']).toBeUndefined();
      expect(response.text).toBe(TEXT);
      await agent.get('/n').expect(200, '2');
    });
  });

  describe.each(['before', 'after'])('and morgan %s the session', (where) => {
    const build = () => {
      const lines: string[] = [];
      const written = new EventEmitter();
      const stream = {
        write: (line: string) => {
          lines.push(line.trim());
          written.emit('line');
        },
      };
      const app = express();
      app.use(...ordered(where, morgan(':method :url :status', { stream }), session(OPTIONS)));
      return { agent: request.agent(addRoutes(app)), lines, written };
    };

    it.each([
      ['json', 200],
      ['pipe', 200],
      ['file', 200],
      ['writes', 200],
      ['empty', 204],
      ['away', 302],
      ['nowhere', 404],
      ['fault', 500],
    ])('writes one line with the right status: %s %i', async (path, status) => {
      const { agent, lines, written } = build();
      for (const [address, expected] of [
        [`/${path}`, status],
        ['/n', 200],
      ] as const) {
        const line = once(written, 'line');
        await agent.get(address).expect(expected);
        await line;
      }
      expect(lines).toEqual([`GET /${path} ${status}`, 'GET /n 200']);
    });
  });
});

function* pieces(): Generator<string> {
  for (let at = 0; at < TEXT.length; at += 10_000) yield TEXT.slice(at, at + 10_000);
}

/** Another middleware, before or after that of the session. */
function ordered(where: string, other: RequestHandler, session: RequestHandler): RequestHandler[] {
  return where === 'before' ? [other, session] : [session, other];
}
