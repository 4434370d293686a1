import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const TRIES = 50;

/**
 * A port of 127.0.0.1 that is free now. Another process can take it before the caller does, so callers must
 * retry. The port is below the ephemeral range of Linux, which starts at 32768. In that range, a connection
 * or the server of another test could get the port while a server restarts.
 */
export async function freePort() {
  for (let tried = 1; ; tried += 1) {
    const port = randomInt(20_000, 32_000);
    if ((await isFree(port)) || tried === TRIES) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
