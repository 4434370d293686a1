import { startDynalite } from '../backends/dynalite.mjs';
import { startMongoWire } from '../backends/mongo-wire.mjs';
import { startRest } from '../backends/rest.mjs';

const WIRE = 'own server that speaks its wire protocol';
const KEYS = { accessKeyId: 'none', secretAccessKey: 'none' };

/** Stores on something that answers as their server does, in the process itself. */
export const EMULATED = [
  {
    name: 'connect-mongo',
    set: 'ci',
    backend: 'MongoDB',
    how: WIRE,
    requiresSession: true,
    make: async ({ require }) => {
      const { default: MongoStore } = require('connect-mongo');
      return MongoStore.create({ mongoUrl: await startMongoWire() });
    },
  },
  {
    name: 'connect-mongodb-session',
    set: 'ci',
    backend: 'MongoDB',
    how: WIRE,
    mind: '`all` never calls back.',
    make: async ({ session, require }) => {
      const MongoStore = require('connect-mongodb-session')(session);
      const store = new MongoStore({
        uri: await startMongoWire(),
        collection: 'sessions',
      });
      await new Promise((resolve, reject) => {
        store.once('connected', resolve);
        store.once('error', reject);
      });
      return store;
    },
  },
  {
    name: 'connect-dynamodb',
    set: 'ci',
    backend: 'DynamoDB',
    how: 'emulator: dynalite',
    make: async ({ session, require }) => {
      const DynamoStore = require('connect-dynamodb')(session);
      const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
      const client = new DynamoDBClient({
        endpoint: await startDynalite(require),
        region: 'local',
        credentials: KEYS,
      });
      const store = new DynamoStore({ client, table: 'sessions' });
      await store.initialize?.();
      return store;
    },
  },
  {
    name: 'dynamodb-store',
    set: 'ci',
    backend: 'DynamoDB',
    how: 'emulator: dynalite',
    requiresSession: true,
    mind: 'Keeps the cookie in a shape of its own. Prolongs a session at most every 30 seconds unless told otherwise.',
    make: async ({ require }) => {
      const DynamoStore = require('dynamodb-store');
      const endpoint = await startDynalite(require);
      const options = { table: { name: 'sessions' }, touchInterval: 0 };
      return new Promise((resolve, reject) => {
        const dynamoConfig = { ...KEYS, region: 'local', endpoint };
        const store = new DynamoStore({ ...options, dynamoConfig }, (error) =>
          error ? reject(error) : resolve(store),
        );
      });
    },
  },
  {
    name: 'restsession',
    set: 'ci',
    backend: 'a REST service',
    how: 'own service',
    mind: 'Leaves expiry to the service, which the one of the run does not care for.',
    make: async ({ session, require }) => {
      const RestStore = require('restsession')(session);
      return new RestStore(await startRest());
    },
  },
];
