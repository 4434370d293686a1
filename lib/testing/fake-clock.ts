import type { Clock } from '../core/util/clock.js';

/** A clock for tests. It moves only by `advance()`. Epoch milliseconds. */
export class FakeClock implements Clock {
  #now: number;

  constructor(now: number = Date.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves the clock forward. Milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
