/** Passes messages to all who iterate. */
export class Topic<T> {
  readonly #readers = new Set<(message: T) => void>();
  #onReaders = (): void => undefined;

  /** How many iterate. */
  get readers(): number {
    return this.#readers.size;
  }

  publish(message: T): void {
    for (const read of [...this.#readers]) read(message);
  }

  /** Resolves when as many iterate. */
  hasReaders(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onReaders = () => this.#readers.size === count && resolve();
      this.#onReaders();
    });
  }

  messages<R>(map: (message: T) => R): AsyncIterableIterator<R> {
    const messages: T[] = [];
    let wake = (): void => undefined;
    let isOver = false;
    const read = (message: T): void => {
      messages.push(message);
      wake();
    };
    this.#readers.add(read);
    this.#onReaders();
    const next = async (): Promise<IteratorResult<R>> => {
      while (!isOver && messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return isOver ? { done: true, value: undefined } : { done: false, value: map(messages.shift()!) };
    };
    return {
      next,
      return: async () => {
        isOver = true;
        wake();
        this.#readers.delete(read);
        this.#onReaders();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
