import { createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody listens on now. Somebody may a moment later: who uses it must be ready to ask again. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
