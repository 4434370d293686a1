import { deepStrictEqual } from 'node:assert';
import type { StoreNotices } from '../core/store/store-powers.js';

/** A case fails if a text has not arrived by then. Milliseconds. */
const WITHIN_MS = 10_000;

/** A listener of a store that records what it receives. */
export class NoticeInbox {
  readonly received: (string | null)[] = [];
  /** Removes the listener. */
  readonly remove: () => Promise<void>;
  #onChange = (): void => undefined;

  constructor(store: StoreNotices) {
    this.remove = store.subscribe((notice) => {
      this.received.push(notice);
      this.#onChange();
    });
  }

  /** Waits for as many notices, and compares all that were received. */
  async has(expected: readonly (string | null)[]): Promise<void> {
    if (!this.#isDecided(expected)) await this.#until(() => this.#isDecided(expected));
    deepStrictEqual(this.received, expected);
  }

  /** More notices cannot change the result. */
  #isDecided(expected: readonly (string | null)[]): boolean {
    return (
      this.received.length >= expected.length || this.received.some((notice, n) => notice !== expected[n])
    );
  }

  async #until(isDone: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WITHIN_MS);
      this.#onChange = () => {
        if (isDone()) resolve();
      };
    });
    clearTimeout(timer);
  }
}
