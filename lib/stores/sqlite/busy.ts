import { setTimeout as pause } from 'node:timers/promises';
import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { errorChain, StoreError } from '../../core/util/store-error.js';

/** How long a statement waits for the transaction of another connection: a backup or a long write, as a rule. */
const PATIENCE_MS = 2000;

/** The longest time between two tries. Writes take well below a millisecond. */
const LONGEST_PAUSE_MS = 20;

/** SQLITE_BUSY, also with more said about it, as its drivers tell it. */
export function isBusy(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, errcode }) =>
      (typeof code === 'string' && /^SQLITE_BUSY(_|$)/.test(code)) ||
      (typeof errcode === 'number' && (errcode & 0xff) === 5),
  );
}

/**
 * Waits for other connections in turns of the event loop: SQLite itself would wait in one, and the process with it.
 *
 * One statement at a time tries, and those behind it find out with it: a hundred that wait cost no more than one.
 */
export class BusyQueue {
  readonly #queue = new KeyedQueue();
  #waiting = 0;

  /** Work that must not get ahead of what waits: it writes, and would only find the same. */
  write<T>(work: () => T): Promise<T> {
    return this.#run(work, this.#waiting === 0);
  }

  /** Work that as a rule waits for nobody. */
  read<T>(work: () => T): Promise<T> {
    return this.#run(work, true);
  }

  async #run<T>(work: () => T, atOnce: boolean): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    if (atOnce) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
    }
    this.#waiting++;
    try {
      return await this.#queue.run('', () => patiently(work, until));
    } finally {
      this.#waiting--;
    }
  }
}

async function patiently<T>(work: () => T, until: number): Promise<T> {
  for (let ms = 1; performance.now() < until; ms = Math.min(2 * ms, LONGEST_PAUSE_MS)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await pause(ms);
    }
  }
  throw Object.assign(
    new StoreError(`Another connection has held the database for more than ${PATIENCE_MS / 1000} s.`),
    { code: 'SQLITE_BUSY' },
  );
}
