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

/** Runs CommonJS text in a separate process, where `session` is the function of the entry. */
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

/** Starts a server, changes a session in one request, and closes the server: then the process must end. */
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
    const response = await fetch('http://127.0.0.1:' + server.address().port);
    console.log(response.headers.getSetCookie().length);
    server.close();
    server.closeAllConnections();
  });
`;

beforeAll(() => {
  if (!existsSync(join(ROOT, 'dist/express/index.js')))
    throw new Error('These tests run the built package, and dist is missing: npm run build');
});

describe.each([['express-session'], ['nest-session/express']])('a process with %s', (entry) => {
  it('gets the function from require and from import (A1)', () => {
    const { stdout } = run(
      entry,
      `import('${entry}').then(({ default: imported }) =>
        console.log(typeof session, imported === session, typeof session.Store));`,
    );
    expect(stdout).toBe('function true function\n');
  });

  it('logs a warning in production for each MemoryStore, and for no other store (R10)', () => {
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

  it('logs that warning by the NODE_ENV at the time of the import (R10)', () => {
    const script = `
      process.env.NODE_ENV = 'production';
      session({ secret: 'x', resave: false, saveUninitialized: false });`;
    expect(run(entry, script).stderr).toBe('');
  });

  it('writes deprecations to a pipe with date and call site (R15, A13)', () => {
    const script = `for (let count = 0; count < 2; count++)
      session({ secret: 'x', resave: false });`;
    expect(run(entry, script).stderr).toMatch(
      /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT express-session deprecated undefined saveUninitialized option; provide saveUninitialized option at \[eval\]:3:7\n$/,
    );
  });

  it.each([['express-session'], ['*'], ['other,express-session']])(
    'writes no deprecations if NO_DEPRECATION is %s (R15, A13)',
    (namespaces) => {
      expect(run(entry, 'session();', { NO_DEPRECATION: namespaces }).stderr).toBe('');
    },
  );

  it('ends without open handles (A15)', () => {
    expect(run(entry, ONE_REQUEST)).toEqual({ status: 0, stdout: '1\n', stderr: '' });
  });
});

it('debug output has no ids and no cookies, as opposed to express-session (A14, W15)', () => {
  const [theirs, ours] = ['express-session', 'nest-session/express'].map(
    (entry) => run(entry, ONE_REQUEST, { DEBUG: 'express-session' }).stderr,
  );
  expect(theirs).toContain('saving secret-id');
  expect(theirs).toContain('connect.sid=s%3Asecret-id.');
  expect(ours).not.toContain('secret-id');
});
