import { type Clock, nextTurn } from '../util/clock.js';
import { SessionError, type SessionEventListener } from '../errors.js';
import { isExpirySweeper, type ExpirySweeper, type SessionStore } from './session-store.js';
import { withDeadline } from '../util/deadline.js';

const BATCH = 1000;
/** By how much an interval may be longer, so that nodes that were started together do not sweep together. */
const JITTER = 0.2;
/** A store that does not come back from a batch is asked again next time. Milliseconds. */
const LONGEST_BATCH_MS = 60_000;
/**
 * How long a session must be over: another node's clock may be behind, and a request that began in time may still hold it.
 * Milliseconds.
 */
const GRACE_MS = 300_000;
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Asks a store to let go of expired sessions, again and again, in bounded batches. Its timer keeps no process alive,
 * and a sweep that fails is an event and tried again next time.
 */
export class SweepTimer {
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  readonly #store: ExpirySweeper;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #random: () => number;
  readonly #emit: SessionEventListener;

  /** `random` gives a number from 0 up to 1. */
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

  /** The schedule of a store; `null` where it cannot be swept, or must not be. */
  static of(
    store: SessionStore,
    clock: Clock,
    everyMs: number | false,
    emit: SessionEventListener,
  ): SweepTimer | null {
    if (everyMs === false || !isExpirySweeper(store)) return null;
    return new SweepTimer(store, clock, everyMs, Math.random, emit);
  }

  start(): void {
    if (this.#timer !== null) return;
    const delayMs = Math.min(this.#everyMs * (1 + JITTER * this.#random()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => void this.#runAndPlan(), delayMs);
    this.#timer.unref();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Removes everything that has been over for some minutes; answers how much that was. */
  async sweep(): Promise<number> {
    const before = this.#clock.now() - GRACE_MS;
    for (let total = 0; ;) {
      const count = await withDeadline(
        this.#store.deleteExpired(before, BATCH),
        LONGEST_BATCH_MS,
        () => new Error('The store did not finish a batch of its sweep.'),
      );
      // Also what is no number at all ends it.
      if (!(count > 0)) return total;
      total += count;
      if (count < BATCH || this.#stopped) return total;
      // Requests come first.
      await new Promise<void>((resolve) => nextTurn(resolve));
    }
  }

  async #runAndPlan(): Promise<void> {
    const planned = this.#timer;
    await this.sweep().catch((cause: unknown) => this.#fail(cause));
    if (this.#timer !== planned) return;
    this.#timer = null;
    this.start();
  }

  /** A sweep that was stopped may find its store closed: that is no failure. */
  #fail(cause: unknown): void {
    if (this.#stopped) return;
    const message = 'The session store failed to remove expired sessions.';
    try {
      this.#emit({ type: 'sweep-failed', error: new SessionError('ERR_SESSION_STORE', message, { cause }) });
    } catch {
      // A listener that throws must not end the schedule.
    }
  }
}
