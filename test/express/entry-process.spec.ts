import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs CommonJS text in a process of its own, where `session` is what the entry gives. */
function run(entry: string, script: string, env: Record<string, string> = {}): Outcome {
  const text = `const session = require('${entry}');\n${script}`;
  const { NODE_ENV: _env, NO_DEPRECATION: _silence, DEBUG: _debug, ...inherited } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', text], {
    cwd: ROOT,
    env: { ...inherited, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A server, one request with a session that is changed, and the end of it: the process is to end by itself. */
const ONE_REQUEST = `
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false, genid: () => 'secret-id' };
  const middleware = session(options);
  const server = require('node:http').createServer((req, res) =>
    middleware(req, res, () => {
      req.session.a = 1;
      res.end('ok');
    }),
  );
  server.listen(0, '127.0.0.1', async () => {
    const answer = await fetch('http://127.0.0.1:' + server.address().port);
    console.log(answer.headers.getSetCookie().length);
    server.close();
    server.closeAllConnections();
  });
`;

beforeAll(() => {
  if (!existsSync(join(ROOT, 'dist/express/index.js')))
    throw new Error('These tests look at the built package, and dist is missing: npm run build');
});

describe.each([['express-session'], ['nest-session/express']])('a process with %s', (entry) => {
  it('gets the function itself from require and from import (A1)', () => {
    const { stdout } = run(
      entry,
      `import('${entry}').then(({ default: imported }) =>
        console.log(typeof session, imported === session, typeof session.Store));`,
    );
    expect(stdout).toBe('function true function\n');
  });

  it('is warned of the memory store in production, once for each, and of no other store (R10)', () => {
    const script = `
      const options = { secret: 'x', resave: false, saveUninitialized: false };
      session(options);
      class Other extends session.Store {}
      session({ ...options, store: new Other() });`;
    expect(run(entry, script, { NODE_ENV: 'production' }).stderr).toBe(
      'Warning: connect.session() MemoryStore is not\n' +
        'designed for a production environment, as it will leak\n' +
        'memory, and will not scale past a single process.\n',
    );
    expect(run(entry, script, { NODE_ENV: 'development' }).stderr).toBe('');
  });

  it('is told of the memory store by the NODE_ENV of when the module was loaded (R10)', () => {
    const script = `
      process.env.NODE_ENV = 'production';
      session({ secret: 'x', resave: false, saveUninitialized: false });`;
    expect(run(entry, script).stderr).toBe('');
  });

  it('reads deprecation messages on a pipe, with their date and place (R15, A13)', () => {
    const script = `for (let count = 0; count < 2; count++)
      session({ secret: 'x', resave: false });`;
    expect(run(entry, script).stderr).toMatch(
      /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT express-session deprecated undefined saveUninitialized option; provide saveUninitialized option at \[eval\]:3:7\n$/,
    );
  });

  it.each([['express-session'], ['*'], ['other,express-session']])(
    'reads none where NO_DEPRECATION is %s (R15, A13)',
    (namespaces) => {
      expect(run(entry, 'session();', { NO_DEPRECATION: namespaces }).stderr).toBe('');
    },
  );

  it('ends by itself: nothing is left open (A15)', () => {
    expect(run(entry, ONE_REQUEST)).toEqual({ status: 0, stdout: '1\n', stderr: '' });
  });
});

it('no id and no cookie is told to those who debug us, where express-session tells both (A14, W15)', () => {
  const [theirs, ours] = ['express-session', 'nest-session/express'].map(
    (entry) => run(entry, ONE_REQUEST, { DEBUG: 'express-session' }).stderr,
  );
  expect(theirs).toContain('saving secret-id');
  expect(theirs).toContain('connect.sid=s%3Asecret-id.');
  expect(ours).not.toContain('secret-id');
});
