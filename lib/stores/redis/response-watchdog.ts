/**
 * Rejects pending commands when their server sends no response at all for a while. Otherwise a connection to
 * a lost server stays open for many minutes.
 *
 * The timer does not keep the process alive.
 */
export class ResponseWatchdog {
  readonly #limitMs: number;
  readonly #onSilence: () => Error;
  readonly #rejections = new Set<(error: Error) => void>();
  #timer: NodeJS.Timeout | null = null;
  #checks = 0;

  /**
   * @param onSilence - Called when the server does not respond. Returns the error for all pending commands.
   */
  constructor(limitMs: number, onSilence: () => Error) {
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
  }

  /** Watches a command. Replies arrive in order, so each one restarts the limit of all commands. */
  watch<T>(reply: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rejections.add(reject);
      if (this.#rejections.size === 1) this.#restart();
      const settled =
        <V>(pass: (value: V) => void) =>
        (value: V): void => {
          this.#rejections.delete(reject);
          this.#restart();
          pass(value);
        };
      reply.then(settled(resolve), settled(reject));
    });
  }

  #restart(): void {
    this.#checks = 0;
    this.#timer ??= setTimeout(() => this.#check(), this.#limitMs / 2).unref();
    this.#timer.refresh();
  }

  /** Needs two checks: a blocked event loop may delay the first one, with a response still unread. */
  #check(): void {
    if (this.#rejections.size === 0) return;
    if (++this.#checks === 1) {
      this.#timer?.refresh();
      return;
    }
    const rejections = [...this.#rejections];
    const error = this.#onSilence();
    for (const reject of rejections) reject(error);
  }
}
