import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRET } from '../support/secret.js';
import { needsBuild } from '../support/server-process.js';

const FIXTURE = join(fileURLToPath(new URL('../fixtures', import.meta.url)), 'throwing-handler.mjs');

beforeAll(needsBuild);

/** What a handler of plain `node:http` throws reaches the process once, as it does without a session. */
describe.each(['http', 'express'])('a handler that throws, behind nest-session/%s', (entry) => {
  it.each([
    ['calls back synchronously', 'now'],
    ['calls back later', 'later'],
  ])('is called once, and its error is an uncaught exception, with a store that %s', (_, kind) => {
    const text = execFileSync(process.execPath, [FIXTURE, entry, kind, SECRET], {
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(text)).toEqual({
      calls: [['/throws', null]],
      reached: [['uncaughtException', 'the handler failed']],
    });
  });
});
