import type { Clock } from '../core/util/clock.js';

/** A clock that stands until it is told to move on. Epoch milliseconds. */
export class FakeClock implements Clock {
  #now: number;

  constructor(now: number = Date.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves on by so many milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
  }
}
