import type { SessionKey } from '../../core/session-id.js';

/** How many keys of removed sessions, and second keys of others, the queue holds before it drops them all. */
const SPARE = 1000;

/** What tells when a session expires now; `undefined` when it is gone. */
type ExpiryOf = (key: SessionKey) => number | undefined;

/**
 * Keys by the time at which their session may have expired: a binary heap, the earliest first.
 *
 * A session that is given more time keeps its place and is moved when that comes up, so a touch costs nothing. Numbers and keys
 * are in two arrays: 16 bytes for a session, and no object of its own for a collection to visit.
 */
export class ExpiryQueue {
  #times: number[] = [];
  #keys: SessionKey[] = [];
  readonly #expiryOf: ExpiryOf;

  constructor(expiryOf: ExpiryOf) {
    this.#expiryOf = expiryOf;
  }

  /** Adds a session, also one whose time was shortened. `sessions` is how many there are now. */
  add(key: SessionKey, expiresAt: number, sessions: number): void {
    if (this.#keys.length >= 2 * sessions + SPARE) this.#dropSpare();
    this.#insert(key, expiresAt);
  }

  /**
   * Removes and returns the next session that has expired at an instant. `null` when no session has expired, and `'more'`
   * after `mostLooked` places without an expired session.
   */
  next(before: number, mostLooked: number): SessionKey | 'more' | null {
    for (let looked = 0; this.#times.length > 0 && this.#times[0]! <= before; looked++) {
      if (looked === mostLooked) return 'more';
      const key = this.#takeFirst();
      const expiresAt = this.#expiryOf(key);
      if (expiresAt === undefined) continue;
      if (expiresAt <= before) return key;
      this.#insert(key, expiresAt);
    }
    return null;
  }

  #dropSpare(): void {
    const keys = new Set(this.#keys);
    this.#times = [];
    this.#keys = [];
    for (const key of keys) {
      const expiresAt = this.#expiryOf(key);
      if (expiresAt !== undefined) this.#insert(key, expiresAt);
    }
  }

  #insert(key: SessionKey, time: number): void {
    let at = this.#times.length;
    for (let parent; at > 0 && this.#times[(parent = (at - 1) >> 1)]! > time; at = parent)
      this.#set(at, this.#times[parent]!, this.#keys[parent]!);
    this.#set(at, time, key);
  }

  #takeFirst(): SessionKey {
    const first = this.#keys[0]!;
    const time = this.#times.pop()!;
    const key = this.#keys.pop()!;
    const { length } = this.#times;
    if (length === 0) return first;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= time) break;
      this.#set(at, this.#times[child]!, this.#keys[child]!);
      at = child;
    }
    this.#set(at, time, key);
    return first;
  }

  #set(at: number, time: number, key: SessionKey): void {
    this.#times[at] = time;
    this.#keys[at] = key;
  }
}
