import { join } from 'node:path';

/** Stores whose engine runs in the process itself. */
export const EMBEDDED = [
  {
    name: 'session-file-store',
    set: 'ci',
    backend: 'files',
    mind: 'Tells of a missing session by an error with the code `ENOENT`, and logs it unless `logFn` is set.',
    make: ({ session, require, files }) => {
      const FileStore = require('session-file-store')(session);
      return new FileStore({
        path: files,
        retries: 2,
        minTimeout: 20,
        logFn: () => {},
      });
    },
  },
  {
    name: 'better-sqlite3-session-store',
    set: 'ci',
    backend: 'SQLite',
    how: 'embedded, through libsql',
    make: ({ session, require, files }) => {
      const SqliteStore = require('better-sqlite3-session-store')(session);
      const Database = require('libsql');
      return new SqliteStore({
        client: new Database(join(files, 'sessions.db')),
      });
    },
  },
  {
    name: 'nedb-session-store',
    set: 'ci',
    backend: 'NeDB',
    nodeBelow: 23,
    mind: 'NeDB does not run on Node 23 and later.',
    make: ({ session, require, files }) => {
      const NedbStore = require('nedb-session-store')(session);
      return new NedbStore({ filename: join(files, 'sessions.nedb') });
    },
  },
  {
    name: 'tch-nedb-session',
    set: 'ci',
    backend: 'NeDB',
    nodeBelow: 23,
    mind: 'Needs the package `extend`, which it does not declare. NeDB does not run on Node 23 and later.',
    make: ({ session, require, files }) => {
      const NedbStore = require('tch-nedb-session')(session);
      return new NedbStore({ filename: join(files, 'sessions.nedb') });
    },
  },
  {
    name: 'express-nedb-session',
    set: 'ci',
    backend: 'NeDB',
    nodeBelow: 23,
    mind: 'NeDB does not run on Node 23 and later.',
    make: ({ session, require, files }) => {
      const NedbStore = require('express-nedb-session')(session);
      return new NedbStore({ filename: join(files, 'sessions.nedb') });
    },
  },
  {
    name: 'express-session-level',
    set: 'ci',
    backend: 'LevelDB',
    mind: 'Works with level 6; with newer ones its calls are not answered.',
    make: ({ session, require, files }) => {
      const LevelStore = require('express-session-level')(session);
      const db = require('level6')(join(files, 'db'));
      // Asked this often by level-ttl; else every ten seconds.
      return new LevelStore(db, { levelTTLOptions: { checkFrequency: 200 } });
    },
  },
  {
    name: 'level-session-store',
    set: 'all',
    backend: 'LevelDB',
    mind: 'Works with level 5; its range takes newer ones, which fail.',
    alias: { level: 'level5' },
    make: async ({ session, require, files }) => {
      const LevelStore = require('level-session-store')(session);
      const store = new LevelStore(join(files, 'db'));
      await new Promise((resolve) => store.on('connect', resolve));
      return store;
    },
  },
  {
    name: 'connect-loki',
    set: 'ci',
    backend: 'LokiJS',
    make: async ({ session, require, files }) => {
      const LokiStore = require('connect-loki')(session);
      const store = new LokiStore({
        path: join(files, 'sessions.json'),
        logErrors: false,
      });
      await new Promise((resolve) => store.on('connect', resolve));
      return store;
    },
  },
  {
    name: 'connect-lowdb',
    set: 'all',
    backend: 'lowdb',
    mind: 'Reads and writes one file for all sessions, without order: of parallel requests some find none. No expiry.',
    unsteady: true,
    make: async ({ session, load, files }) => {
      const { Low } = await load('lowdb6');
      const { JSONFile } = await load('lowdb6/node');
      const { default: lowdbStore } = await load('connect-lowdb');
      const LowdbStore = lowdbStore(session);
      return new LowdbStore({
        db: new Low(new JSONFile(join(files, 'sessions.json')), {
          sessions: [],
        }),
      });
    },
  },
  {
    name: 'lowdb-session-store',
    set: 'all',
    backend: 'lowdb',
    mind: 'Works with lowdb 1.',
    make: ({ session, require, files }) => {
      const LowdbStore = require('lowdb-session-store')(session);
      const FileSync = require('lowdb1/adapters/FileSync');
      const db = require('lowdb1')(new FileSync(join(files, 'sessions.json'), { defaultValue: [] }));
      return new LowdbStore(db, { disablePurge: true });
    },
  },
  {
    name: 'medea-session-store',
    set: 'all',
    backend: 'Medea',
    mind: 'Cannot read back text outside ASCII.',
    unsteady: true,
    make: async ({ session, require, files }) => {
      const MedeaStore = require('medea-session-store')(session);
      const store = new MedeaStore(join(files, 'db'));
      await new Promise((resolve) => store.on('connect', resolve));
      return store;
    },
  },
  {
    name: 'express-session-rsdb',
    set: 'all',
    backend: 'Rocket-Store',
    requiresSession: true,
    mind: 'Needs rocket-store 0.10.6; its range takes newer ones, which fail. Of parallel requests some find no session.',
    unsteady: true,
    make: ({ require, files }) => {
      const RocketStore = require('express-session-rsdb');
      return new RocketStore({ data_storage_area: files, purge_interval: 0 });
    },
  },
  {
    name: 'connect-typeorm',
    set: 'ci',
    backend: 'SQLite',
    how: 'embedded, through TypeORM and sql.js',
    requiresSession: true,
    mind: '`touch` calls back twice, the first time before it is done.',
    make: async ({ require }) => {
      const { DataSource, EntitySchema } = require('typeorm');
      const { TypeormStore } = require('connect-typeorm');
      const entity = new EntitySchema({
        name: 'Session',
        columns: {
          id: { type: 'varchar', length: 255, primary: true },
          expiredAt: { type: 'bigint' },
          json: { type: 'text' },
          destroyedAt: { type: 'datetime', nullable: true, deleteDate: true },
        },
      });
      const source = new DataSource({
        type: 'sqljs',
        entities: [entity],
        synchronize: true,
      });
      await source.initialize();
      return new TypeormStore({ cleanupLimit: 0 }).connect(source.getRepository(entity));
    },
  },
];
