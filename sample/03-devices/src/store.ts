import { join } from 'node:path';
import type { SessionStore } from 'nest-session';
import { LmdbSessionStore } from 'nest-session/lmdb';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';
import type { Settings } from './settings.js';

/** The store of the sessions: a database on disk, or the server of the variable STORE. */
export function openStore({ store, dataPath }: Settings): SessionStore {
  if (store === '') return new LmdbSessionStore({ path: join(dataPath, 'sessions') });
  if (/^rediss?:/.test(store)) return new RedisSessionStore({ url: store });
  return new PostgresSessionStore({ url: store });
}
