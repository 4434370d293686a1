import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const TRIES = 50;

/**
 * A port of 127.0.0.1 that nobody listens on now. Somebody may a moment later: who uses it must be ready to ask again.
 * Not one that systems give to whoever asks for any, from 32768 on: while a server is gone for a moment, its port would
 * be somebody else's, a server's of another test or a connection's.
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
