import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { startServerProcess } from '../../../scripts/servers/server-process.mjs';

const FILE = '/usr/bin/memcached';

/**
 * memcached, as scripts/servers has its engines. The run only sees that it can be started: each child has one of its own,
 * since to clear one store is to clear the server.
 */
export const MEMCACHED = {
  name: 'memcached',
  title: 'memcached',
  variable: 'TEST_MEMCACHED_URL',
  find: () => (existsSync(FILE) ? { server: FILE } : undefined),
  packages: ['memcached'],
  start: async () => ({ url: 'memcached://127.0.0.1', stop: async () => {} }),
};

/** Starts one, which ends with this process; its address. */
export async function startMemcached() {
  const { port } = await startServerProcess({
    name: 'memcached',
    endWith: { politely: 'SIGTERM', quickly: 'SIGKILL' },
    urlOf: (bound) => `memcached://127.0.0.1:${bound}`,
    command: (given) => ({
      file: FILE,
      args: ['-l', '127.0.0.1', '-p', String(given.port), '-U', '0', ...asNobody()],
    }),
    isReady: async (given) => (await ask(given.port, 'stats\r\n')).includes(`STAT pid ${given.pid}\r\n`),
  });
  return `127.0.0.1:${port}`;
}

/** It refuses to run as root unless told whom to be. */
const asNobody = () => (process.getuid?.() === 0 ? ['-u', 'nobody'] : []);

async function ask(port, command) {
  const socket = connect(port, '127.0.0.1');
  socket.end(command);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}
