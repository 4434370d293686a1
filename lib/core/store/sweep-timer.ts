import { type Clock, nextTurn } from '../util/clock.js';
import { SessionError } from '../errors.js';
import type { SessionEventListener } from '../session-event.js';
import type { ExpirySweeper } from './session-store.js';
import { withDeadline } from '../util/deadline.js';

const BATCH = 1000;
/** The random extra part of an interval, so that nodes that start together do not sweep together. */
const JITTER = 0.2;
/** After this time a batch has failed; the next sweep tries again. Milliseconds. */
const LONGEST_BATCH_MS = 60_000;
/**
 * How long ago a session must have expired: the clock of another node may be behind, and a request that began
 * in time may still use it. Milliseconds.
 */
const GRACE_MS = 300_000;
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Removes the expired sessions of a store at intervals, in bounded batches. The timer does not keep the
 * process alive. A sweep that fails emits an event; the next one tries again.
 */
export class SweepTimer {
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  readonly #store: ExpirySweeper;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #random: () => number;
  readonly #emit: SessionEventListener;

  /** `random` returns a number from 0 up to 1. */
  constructor(
    store: ExpirySweeper,
    clock: Clock,
    everyMs: number,
    random: () => number = Math.random,
    emit: SessionEventListener = () => undefined,
  ) {
    this.#store = store;
    this.#random = random;
    this.#emit = emit;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  start(): void {
    if (this.#timer !== null) return;
    const delayMs = Math.min(this.#everyMs * (1 + JITTER * this.#random()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => void this.#sweepAndRestart(), delayMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Removes all sessions that expired at least five minutes ago, and returns how many. */
  async sweep(): Promise<number> {
    const before = this.#clock.now() - GRACE_MS;
    for (let total = 0; ;) {
      const count = await withDeadline(
        this.#store.deleteExpired(before, BATCH),
        LONGEST_BATCH_MS,
        () => new Error('The store did not finish a batch of its sweep.'),
      );
      // `NaN` and `undefined` end the sweep too.
      if (!(count > 0)) return total;
      total += count;
      if (count < BATCH || this.#stopped) return total;
      // Requests run between batches.
      await new Promise<void>((resolve) => nextTurn(resolve));
    }
  }

  async #sweepAndRestart(): Promise<void> {
    const current = this.#timer;
    await this.sweep().catch((cause: unknown) => this.#fail(cause));
    if (this.#timer !== current) return;
    this.#timer = null;
    this.start();
  }

  /** A store may be closed once the timer is stopped: that is not a failure. */
  #fail(cause: unknown): void {
    if (this.#stopped) return;
    const message = 'The session store failed to remove expired sessions.';
    try {
      this.#emit({ type: 'sweep-failed', error: new SessionError('ERR_SESSION_STORE', message, { cause }) });
    } catch {
      // A listener that throws must not stop the timer.
    }
  }
}
