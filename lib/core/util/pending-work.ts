import { waitAtMost } from './deadline.js';

/** Promises that a shutdown must wait for. */
export class PendingWork {
  readonly #pending = new Set<Promise<unknown>>();

  /** Adds a promise until it settles, and returns it. */
  add<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    const remove = (): void => void this.#pending.delete(work);
    work.then(remove, remove);
    return work;
  }

  /** Resolves when all promises have settled, those added meanwhile too, or after the limit. */
  done(limitMs: number): Promise<void> {
    return waitAtMost(limitMs, this.#settled());
  }

  async #settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }
}
