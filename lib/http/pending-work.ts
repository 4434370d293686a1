import { withDeadline } from '../core/util/deadline.js';

/** Promises that a shutdown must wait for. */
export class PendingWork {
  readonly #pending = new Set<Promise<unknown>>();

  add(work: Promise<unknown>): void {
    this.#pending.add(work);
    const forget = (): void => void this.#pending.delete(work);
    work.then(forget, forget);
  }

  /** Resolves when all promises have settled, or after the limit. */
  async done(limitMs: number): Promise<void> {
    const all = (async () => {
      while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    })();
    await withDeadline(all, limitMs, () => new Error('late')).catch(() => undefined);
  }
}
