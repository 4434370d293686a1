import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { needsBuild } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';
import { newPrefix } from './support/redis-clients.js';
import { newTable } from './support/sql.js';

const FIXTURE = join(fileURLToPath(new URL('../fixtures', import.meta.url)), 'notice-process.mjs');
const run = promisify(execFile);

describe.each([
  ['redis', newPrefix],
  ['postgres', newTable],
] as const)('a process that receives notices by %s', (kind, newName) => {
  describeWithServer(kind, 'with a store that connects itself', (url) => {
    beforeAll(needsBuild);

    it('exits once the store is closed, although its listener was not removed', async () => {
      // Rejects for any exit code but 0, and for a process that does not exit.
      const { stdout } = await run(process.execPath, [FIXTURE, kind, url, newName()], { timeout: 60_000 });
      expect(stdout).toBe('[null,"text"]\nclosed\n');
    });
  });
});
