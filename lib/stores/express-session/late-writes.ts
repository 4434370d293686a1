/** Writes that exceeded their deadline. One that completes after a destroy has stored the session again. */
export class LateWrites {
  readonly #writes = new Map<string, { pending: number; isDestroyed: boolean }>();

  add(key: string): void {
    const write = this.#writes.get(key) ?? { pending: 0, isDestroyed: false };
    write.pending++;
    this.#writes.delete(key);
    this.#writes.set(key, write);
    // Some stores never call back: the oldest entry is evicted.
    if (this.#writes.size > MAX_ENTRIES) this.#writes.delete(this.#writes.keys().next().value!);
  }

  markDestroyed(key: string): void {
    const write = this.#writes.get(key);
    if (write !== undefined) write.isDestroyed = true;
  }

  /** A write has completed; `true` if its session was destroyed before. */
  complete(key: string): boolean {
    const write = this.#writes.get(key);
    if (write === undefined) return false;
    if (--write.pending === 0) this.#writes.delete(key);
    return write.isDestroyed;
  }
}

const MAX_ENTRIES = 10_000;
