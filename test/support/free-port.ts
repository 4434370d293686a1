import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A free port for a server that restarts on the same port. It is below 32768: the system assigns ports from there on to
 * connections and other servers, and could reuse this one during the restart.
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
