import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SECRET } from '../support/secret.js';
import { needsBuild } from '../support/server-process.js';

const FIXTURE = join(fileURLToPath(new URL('../fixtures', import.meta.url)), 'silent-database.mjs');
const run = promisify(execFile);

beforeAll(needsBuild);

describe('a process with a pending load of a database that never responds', () => {
  it.concurrent.each([
    ['close() of the store', 'store'],
    ['close() of the Nest application', 'app'],
  ])('does not exit before %s completes', async (_, what) => {
    // Rejects for any exit code but 0. A process that exits early prints nothing.
    await expect(run(process.execPath, [FIXTURE, what, SECRET], { timeout: 100_000 })).resolves.toMatchObject(
      {
        stdout: 'closed\n',
      },
    );
  });
});
