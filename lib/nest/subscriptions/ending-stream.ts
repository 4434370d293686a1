/** What a stream gives once it has ended. */
const DONE = Object.freeze({ done: true, value: undefined }) as IteratorReturnResult<undefined>;

type Result<T> = IteratorResult<T, unknown>;
type Run = <R>(step: () => R) => R;

/** Whether the resolver of a subscription has returned what GraphQL iterates. */
export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/**
 * The stream of a subscription, which {@link end} completes. What the stream gives later is dropped, also
 * where it waits for an event and cannot be stopped, as a generator that awaits.
 */
export class EndingStream<T> implements AsyncIterableIterator<T, unknown> {
  readonly #source: AsyncIterator<T, unknown>;
  readonly #run: Run;
  readonly #onClosed: () => void;
  readonly #waiting = new Set<(result: Result<T>) => void>();
  #isEnded = false;

  /** Each step of the source runs in `run`. `onClosed` is called once, when the stream needs no end any more. */
  constructor(source: AsyncIterable<T>, run: Run, onClosed: () => void) {
    this.#source = run(() => source[Symbol.asyncIterator]());
    this.#run = run;
    this.#onClosed = onClosed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    if (this.#isEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      this.#run(() => this.#source.next()).then(
        (result) => {
          this.#waiting.delete(resolve);
          if (result.done === true) this.#onClosed();
          resolve(this.#isEnded ? DONE : result);
        },
        (error: unknown) => {
          this.#waiting.delete(resolve);
          this.#onClosed();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the error of the source
          reject(error);
        },
      );
    });
  }

  /** The client has left or stopped the subscription. */
  async return(value?: unknown): Promise<Result<T>> {
    this.#onClosed();
    if (this.#isEnded) return DONE;
    return (await this.#run(() => this.#source.return?.(value))) ?? DONE;
  }

  async throw(error?: unknown): Promise<Result<T>> {
    this.#onClosed();
    if (this.#source.throw === undefined) throw error;
    return this.#source.throw(error);
  }

  /** Completes the stream: who waits for an event gets the end instead. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const resolve of this.#waiting) resolve(DONE);
    this.#waiting.clear();
    this.#onClosed();
    void this.#stop();
  }

  async #stop(): Promise<void> {
    try {
      await this.#run(() => this.#source.return?.());
    } catch {
      // Nobody iterates the source any more.
    }
  }
}
