/**
 * Tells when a server that was asked something has said nothing at all for a while, and then waits no longer. A connection
 * whose other end is gone without a word stays open for many minutes otherwise.
 *
 * Its timer keeps no process alive.
 */
export class ResponseWatchdog {
  readonly #limitMs: number;
  readonly #onSilence: () => Error;
  readonly #refusals = new Set<(error: Error) => void>();
  #timer: NodeJS.Timeout | null = null;
  #looks = 0;

  /** @param onSilence - What is to be done then; answers with what becomes of all that waits. */
  constructor(limitMs: number, onSilence: () => Error) {
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
  }

  /** The answer; each puts off the end of the wait for all others, because a server answers in turn. */
  heed<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#refusals.add(reject);
      if (this.#refusals.size === 1) this.#listen();
      const hearing =
        <V>(pass: (value: V) => void) =>
        (value: V): void => {
          this.#refusals.delete(reject);
          this.#listen();
          pass(value);
        };
      answer.then(hearing(resolve), hearing(reject));
    });
  }

  #listen(): void {
    this.#looks = 0;
    this.#timer ??= setTimeout(() => this.#look(), this.#limitMs / 2).unref();
    this.#timer.refresh();
  }

  /** It takes two looks: at the first one the process may have been busy for long, and the answer may lie there unread. */
  #look(): void {
    if (this.#refusals.size === 0) return;
    if (++this.#looks === 1) {
      this.#timer?.refresh();
      return;
    }
    const refusals = [...this.#refusals];
    const error = this.#onSilence();
    for (const refuse of refusals) refuse(error);
  }
}
