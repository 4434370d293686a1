/**
 * Writes that a store has not answered in time. One that lands after its session was ended has brought it back, and it must
 * be ended again.
 */
export class GivenUpWrites {
  readonly #since = new Map<string, 'written' | 'ended'>();

  add(key: string): void {
    this.#since.set(key, 'written');
  }

  end(key: string): void {
    if (this.#since.has(key)) this.#since.set(key, 'ended');
  }

  /** The write was answered after all; `true` where its session was ended since. */
  land(key: string): boolean {
    const since = this.#since.get(key);
    this.#since.delete(key);
    return since === 'ended';
  }
}
