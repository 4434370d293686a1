import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis } from '../../support/private-servers.js';

/** A Redis server, and a sentinel that returns its address. */
export async function startRedisBehindSentinel(name: string) {
  const server = await startRedis();
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-sentinel-'));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor ${name} 127.0.0.1 ${server.port} 1\n`);
  const sentinel = spawn('redis-server', [file, '--sentinel'], { cwd: folder, stdio: 'ignore' });
  sentinel.unref();
  // The client retries until the sentinel responds.
  const asking = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, maxRetriesPerRequest: null });
  asking.on('error', () => undefined);
  await asking.ping();
  asking.disconnect();
  return {
    port,
    stop: async () => {
      const gone = once(sentinel, 'exit');
      sentinel.ref();
      sentinel.kill('SIGKILL');
      await gone;
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
