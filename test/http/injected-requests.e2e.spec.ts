import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRET } from '../support/secret.js';
import { needsBuild } from '../support/server-process.js';

const FIXTURE = join(fileURLToPath(new URL('../fixtures', import.meta.url)), 'injected-requests.mjs');

describe('requests that light-my-request injects', () => {
  let results: Record<string, unknown>;
  beforeAll(() => {
    needsBuild();
    const text = execFileSync(process.execPath, [FIXTURE, SECRET], {
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    results = JSON.parse(text) as never;
  });

  it.each([
    ['plain node:http behind nest-session/http', 'plain'],
    ['app.inject of Nest on Fastify', 'fastify'],
  ])('have a session, and get a 503 if it is not stored: %s', (_, name) => {
    expect(results[name]).toEqual({
      login: [200, { userId: null }],
      read: [200, { userId: 'u1' }, null],
      failed: [503, '1', null],
    });
  });
});
