import { freePort } from '../../../scripts/servers/free-port.mjs';

/** The realtime database of Firebase as firebase-server has it, in this process; a client of it. */
export async function startFirebase(require) {
  const FirebaseServer = require('firebase-server');
  const port = await freePort();
  const server = new FirebaseServer({ port, address: '127.0.0.1' }, '127.0.0.1', null);
  // What the client says when it talks to an emulator.
  server.setAuthSecret('owner');
  process.env.FIREBASE_DATABASE_EMULATOR_HOST = `127.0.0.1:${port}`;
  const admin = require('firebase-admin');
  const app = admin.initializeApp({
    projectId: 'sessions',
    databaseURL: `http://127.0.0.1:${port}?ns=sessions`,
  });
  return app.database();
}
