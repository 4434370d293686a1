/** Firestore as @firestore-emulator/server has it, in this process; a client of it. */
export async function startFirestore(require) {
  const { FirestoreServer } = require('@firestore-emulator/server');
  const { ServerCredentials } = require('@grpc/grpc-js');
  const { server } = new FirestoreServer();
  // Its own `start` would listen on all addresses.
  const port = await new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  process.env.FIRESTORE_EMULATOR_HOST = `127.0.0.1:${port}`;
  const { Firestore } = require('@google-cloud/firestore');
  return new Firestore({ projectId: 'sessions' });
}
