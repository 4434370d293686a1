/**
 * Writes that a store has not answered in time. One that lands after its session was ended has brought it back, and it must
 * be ended again.
 */
export class LateWrites {
  readonly #outstanding = new Map<string, { pending: number; isEnded: boolean }>();

  add(key: string): void {
    const write = this.#outstanding.get(key) ?? { pending: 0, isEnded: false };
    write.pending++;
    this.#outstanding.delete(key);
    this.#outstanding.set(key, write);
    // Some stores never answer: the longest given up is forgotten.
    if (this.#outstanding.size > MOST_REMEMBERED)
      this.#outstanding.delete(this.#outstanding.keys().next().value!);
  }

  end(key: string): void {
    const write = this.#outstanding.get(key);
    if (write !== undefined) write.isEnded = true;
  }

  /** A write was answered after all; `true` where its session was ended since. */
  land(key: string): boolean {
    const write = this.#outstanding.get(key);
    if (write === undefined) return false;
    if (--write.pending === 0) this.#outstanding.delete(key);
    return write.isEnded;
  }
}

const MOST_REMEMBERED = 10_000;
