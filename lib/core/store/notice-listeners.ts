import { nextTurn } from '../util/clock.js';

/** Receives texts, and `null` each time the subscription begins to work. */
export type NoticeListener = (notice: string | null) => void;

interface Subscriber {
  readonly onNotice: NoticeListener;
  /** Whether it has received its first `null`. Texts before that are not for it. */
  hasBegun: boolean;
}

/** The listeners of one store in this process. */
export class NoticeListeners {
  readonly #subscribers = new Set<Subscriber>();

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  /** Adds a listener, which receives nothing before `begin`. Returns a function that removes it. */
  add(onNotice: NoticeListener): NoticeSubscription {
    const subscriber: Subscriber = { onNotice, hasBegun: false };
    this.#subscribers.add(subscriber);
    return {
      begin: () => nextTurn(() => this.#begin(subscriber)),
      remove: () => void this.#subscribers.delete(subscriber),
    };
  }

  /** Passes `null` to all listeners: the subscription works, or works again. */
  beginAll(): void {
    for (const subscriber of [...this.#subscribers]) {
      subscriber.hasBegun = true;
      this.#call(subscriber, null);
    }
  }

  /** Passes a text to the listeners that have begun. */
  pass(notice: string): void {
    for (const subscriber of [...this.#subscribers]) if (subscriber.hasBegun) this.#call(subscriber, notice);
  }

  clear(): void {
    this.#subscribers.clear();
  }

  #begin(subscriber: Subscriber): void {
    if (subscriber.hasBegun) return;
    subscriber.hasBegun = true;
    this.#call(subscriber, null);
  }

  /**
   * A listener that throws must not keep a text from the others: its error becomes an uncaught exception.
   * Another listener may have removed it meanwhile.
   */
  #call(subscriber: Subscriber, notice: string | null): void {
    if (!this.#subscribers.has(subscriber)) return;
    try {
      subscriber.onNotice(notice);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** One listener of {@link NoticeListeners}. */
export interface NoticeSubscription {
  /** Passes `null` to it in a later turn of the event loop. */
  begin(): void;
  remove(): void;
}
