import { setTimeout as pause } from 'node:timers/promises';
import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { errorChain, StoreError } from '../../core/util/store-error.js';

/** Limit for the wait for a transaction of another connection, such as a backup or a long write. */
const WAIT_MS = 2000;

/** Longest pause between two attempts. A write takes much less than a millisecond. */
const LONGEST_PAUSE_MS = 20;

/** Whether an error is SQLITE_BUSY, or an extended code of it, in the form of any driver. */
export function isBusy(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, errcode }) =>
      (typeof code === 'string' && /^SQLITE_BUSY(_|$)/.test(code)) ||
      (typeof errcode === 'number' && (errcode & 0xff) === 5),
  );
}

/**
 * Retries statements while another connection holds the database. It waits asynchronously: SQLite itself
 * would block the event loop.
 *
 * Only the first waiting statement retries, so that a hundred waiting statements cost no more than one.
 */
export class BusyQueue {
  readonly #queue = new KeyedQueue();
  #waiting = 0;

  /** Runs a write. It queues behind waiting statements, because it would find the database busy too. */
  write<T>(work: () => T): Promise<T> {
    return this.#run(work, this.#waiting === 0);
  }

  /** Runs a read, which rarely has to wait. */
  read<T>(work: () => T): Promise<T> {
    return this.#run(work, true);
  }

  async #run<T>(work: () => T, isImmediate: boolean): Promise<T> {
    const until = performance.now() + WAIT_MS;
    if (isImmediate) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
    }
    this.#waiting++;
    try {
      return await this.#queue.run('', () => retryUntil(until, work));
    } finally {
      this.#waiting--;
    }
  }
}

async function retryUntil<T>(until: number, work: () => T): Promise<T> {
  for (let ms = 1; performance.now() < until; ms = Math.min(2 * ms, LONGEST_PAUSE_MS)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await pause(ms);
    }
  }
  throw Object.assign(
    new StoreError(`Another connection has locked the database for more than ${WAIT_MS / 1000} s.`),
    { code: 'SQLITE_BUSY' },
  );
}
