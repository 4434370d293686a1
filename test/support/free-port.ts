import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port of this machine for a server that goes and comes back to it. Not one that systems give to whoever asks for any,
 * from 32768 on: meanwhile it would be somebody else's, a server's of another test or a connection's.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tried = 1; ; tried++) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      if (tried < 50) continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
