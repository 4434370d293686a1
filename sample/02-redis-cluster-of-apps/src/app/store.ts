import type { SessionStore } from 'nest-session';
import { PostgresSessionStore } from 'nest-session/postgres';
import { RedisSessionStore } from 'nest-session/redis';

/** The stores that several processes, on any number of machines, can share. */
export const STORES = {
  redis: (url: string): SessionStore => new RedisSessionStore({ url }),
  postgres: (url: string): SessionStore => new PostgresSessionStore({ url }),
};

export type StoreName = keyof typeof STORES;

/** The store of the environment variables STORE and SESSION_STORE_URL. */
export function openStore(env: NodeJS.ProcessEnv): SessionStore {
  return STORES[env['STORE'] as StoreName](env['SESSION_STORE_URL']!);
}
