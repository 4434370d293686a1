import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { ChildProcess } from 'node:child_process';
import { kill, needsBuild, startFixture } from '../../support/server-process.js';
import { describeWithServer } from '../../support/servers.js';
import { measureClosing } from '../../../bench/sockets/measure.mjs';

needsBuild();

async function start(kind: string, at: string, name: string): Promise<readonly [ChildProcess, string]> {
  const child = startFixture('socket-server.mjs', kind, at, name);
  for await (const port of createInterface(child.stdout!)) return [child, `http://127.0.0.1:${port}`];
  throw new Error('The server process ended before it listened.');
}

describe.each(['redis', 'postgres'] as const)('500 sockets of two processes on %s', (kind) => {
  describeWithServer(kind, 'with the option notify', (at) => {
    let servers: (readonly [ChildProcess, string])[];
    beforeAll(async () => {
      const name = `sockets_${randomBytes(6).toString('hex')}`;
      servers = await Promise.all([start(kind, at, name), start(kind, at, name)]);
    });
    afterAll(() => Promise.all(servers.map(([child]) => kill(child))));

    it('are closed when revokeAll() ends their session in one process, and no others (S-42, S-63)', async () => {
      const { delays, missed, foreign, growth } = await measureClosing(servers.map(([, url]) => url));
      expect({ missed, foreign }).toEqual({ missed: 0, foreign: 0 });
      expect([delays.here.length, delays.there.length]).toEqual([250, 250]);
      for (const grown of growth) expect(grown).toBeLessThan(0.05);
    }, 120_000);
  });
});
