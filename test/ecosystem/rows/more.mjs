import { join } from 'node:path';
import { promisify } from 'node:util';
import { startAzurite } from '../backends/azurite.mjs';
import { startCouch } from '../backends/couch.mjs';
import { startFirebase } from '../backends/firebase.mjs';
import { startFirestore } from '../backends/firestore.mjs';
import { startPrisma } from '../backends/prisma.mjs';

/** Stores whose packages are large or must be compiled: they have an installation of their own. */
export const MORE = [
  {
    name: 'connect-sqlite3',
    backend: 'SQLite',
    mind: 'Its driver is compiled at installation.',
    // Not the older copy of its own, so that only one is compiled.
    alias: { sqlite3: './node_modules/sqlite3' },
    make: ({ session, require, files }) => {
      const SqliteStore = require('connect-sqlite3')(session);
      return new SqliteStore({ db: 'sessions.db', dir: files });
    },
  },
  {
    name: 'sequelstore-connect',
    backend: 'SQLite',
    mind: 'Needs winston 2 and sequelize 3, neither of which it brings.',
    make: async ({ session, require, files }) => {
      process.chdir(files);
      const SequelStore = require('sequelstore-connect')(session);
      const Sequelize = require('sequelize3');
      const options = {
        dialect: 'sqlite',
        storage: join(files, 'sessions.db'),
        logging: false,
      };
      const store = new SequelStore({
        database: new Sequelize('sessions', '', '', options),
      });
      await store.sync();
      return store;
    },
  },
  {
    name: '@quixo3/prisma-session-store',
    backend: 'PostgreSQL',
    server: 'postgres',
    requiresSession: true,
    make: async ({ require, folder, scope }) => {
      const { PrismaSessionStore } = require('@quixo3/prisma-session-store');
      const options = { checkPeriod: 120_000, dbRecordIdIsSessionId: true };
      return new PrismaSessionStore(await startPrisma({ require, folder, scope }), options);
    },
  },
  {
    name: 'connect-azuretables',
    backend: 'Azure Tables',
    how: 'emulator: azurite',
    make: async ({ session, require }) => {
      process.env.AZURE_STORAGE_CONNECTION_STRING = await startAzurite(require);
      const store = require('connect-azuretables')(session).create({
        table: 'sessions',
      });
      // It makes its table, and tells nobody when that is done.
      for (let isThere = false; !isThere;) {
        const ask = promisify(store.tableService.doesTableExist).bind(store.tableService);
        isThere = (await ask('sessions')).exists;
      }
      return store;
    },
  },
  {
    name: 'connect-session-firebase',
    backend: 'Firebase Realtime Database',
    how: 'emulator: firebase-server',
    make: async ({ session, require }) => {
      const FirebaseStore = require('connect-session-firebase')(session);
      return new FirebaseStore({ database: await startFirebase(require) });
    },
  },
  {
    name: '@google-cloud/connect-firestore',
    backend: 'Firestore',
    how: 'emulator: @firestore-emulator/server',
    requiresSession: true,
    make: async ({ require }) => {
      const { FirestoreStore } = require('@google-cloud/connect-firestore');
      return new FirestoreStore({
        dataset: await startFirestore(require),
        kind: 'sessions',
      });
    },
  },
  {
    name: 'firestore-store',
    backend: 'Firestore',
    how: 'emulator: @firestore-emulator/server',
    make: async ({ session, require }) => {
      const FirestoreStore = require('firestore-store')(session);
      return new FirestoreStore({ database: await startFirestore(require) });
    },
  },
  {
    name: 'connect-cloudant-store',
    backend: 'Cloudant',
    how: 'emulator: pouchdb-server',
    mind: '`destroy` does not call back when it has worked.',
    make: async ({ session, require }) => {
      const CloudantStore = require('connect-cloudant-store')(session);
      const store = new CloudantStore({ url: (await startCouch(require)).url });
      // Nobody would hear of them else, which ends a process.
      store.on('error', () => {});
      await new Promise((resolve) => store.once('connect', resolve));
      return store;
    },
  },
  {
    name: 'couchdb-expression',
    backend: 'CouchDB',
    how: 'emulator: pouchdb-server',
    mind: 'Tells of a missing session by an error.',
    make: async ({ session, require }) => {
      const CouchStore = require('couchdb-expression')(session);
      const { name, password, port } = await startCouch(require);
      return new CouchStore({
        username: name,
        password,
        hostname: '127.0.0.1',
        port,
      });
    },
  },
  {
    name: 'session-pouchdb-store',
    backend: 'PouchDB',
    requiresSession: true,
    mind: '`destroy` always tells of an error.',
    make: ({ require }) => {
      const PouchStore = require('session-pouchdb-store');
      return new PouchStore();
    },
  },
].map((row) => ({ ...row, set: 'all', folder: 'more' }));
