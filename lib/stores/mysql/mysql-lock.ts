import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { StoreError } from '../../core/util/store-error.js';
import type { MysqlSqlClient } from './mysql-client.js';

/** Limit for other nodes, which hold such a lock for some milliseconds. */
const WAIT_SECONDS = 2;

/**
 * Of this process, for all stores: a lock of the server admits its own connection again, which several stores
 * may share. And calls that wait here use no connection of a pool.
 */
const queue = new KeyedQueue();

/**
 * Runs work while no other node, and no other call of this process, holds the lock.
 *
 * @throws StoreError when the lock is not free within two seconds.
 */
export function underLock<T>(
  client: MysqlSqlClient,
  lock: string,
  work: (one: MysqlSqlClient) => Promise<T>,
): Promise<T> {
  return queue.run(lock, async () => {
    const done = await client.locked(lock, WAIT_SECONDS, async (one) => ({ result: await work(one) }));
    if (done !== null) return done.result;
    throw new StoreError(
      `Another node has held a lock of the MysqlSessionStore for more than ${WAIT_SECONDS} seconds.`,
    );
  });
}
