import type { Clock } from '../util/clock.js';
import type { SessionError } from '../errors.js';
import type { SessionEventListener } from '../session-event.js';

/** After this many timeouts in a row, further calls are refused immediately. */
const MOST_TIMEOUTS = 5;
/** How often a store that times out is called again. Milliseconds. */
const TRY_EVERY_MS = 250;
/**
 * How long no call may have failed before an outage has ended. It doubles each time that the store fails
 * again soon: otherwise an unstable store would fill the log. Milliseconds.
 */
const QUIET_MS = 1000;
const LONGEST_QUIET_MS = 60_000;
const SOON_MS = 60_000;

/**
 * Whether a store works, by the outcomes of its calls. It emits one event for an outage and one for its end.
 *
 * A store that fails quickly is called by each request. A store that times out keeps a connection and a place
 * in a queue occupied for each call, so only one call at a time tries it, at intervals.
 */
export class CircuitBreaker {
  /** No failure is remembered: each call is admitted, and its result changes nothing. */
  isQuiet = true;
  readonly #clock: Clock;
  readonly #emit: SessionEventListener;
  #downSince: number | null = null;
  #upSince: number | null = null;
  #quietMs = QUIET_MS;
  #lastFailure = 0;
  #failedCalls = 0;
  #timeouts = 0;
  #triedAt = 0;
  #trying = false;

  constructor(clock: Clock, emit: SessionEventListener) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Whether a call may be made now. Report its outcome by one of the other methods. */
  admits(): boolean {
    if (this.#timeouts < MOST_TIMEOUTS) return true;
    if (this.#trying || Math.abs(this.#clock.now() - this.#triedAt) < TRY_EVERY_MS) return false;
    this.#trying = true;
    return true;
  }

  /** The store returned a result. */
  responded(): void {
    this.#trying = false;
    this.#timeouts = 0;
    if (this.#downSince === null) return;
    const now = this.#clock.now();
    // The clock may have been set back.
    if (Math.abs(now - this.#lastFailure) < this.#quietMs) return;
    const event = {
      type: 'store-up',
      downMs: now - this.#downSince,
      failedCalls: this.#failedCalls,
    } as const;
    this.#downSince = null;
    this.#failedCalls = 0;
    this.#upSince = now;
    this.isQuiet = true;
    this.#emit(event);
  }

  /** The store failed. */
  failed(error: SessionError): void {
    this.#trying = false;
    this.#timeouts = 0;
    this.#fail(error);
  }

  /** The call timed out. */
  timedOut(error: SessionError): void {
    this.#trying = false;
    this.#timeouts++;
    this.#triedAt = this.#clock.now();
    this.#fail(error);
  }

  #fail(error: SessionError): void {
    this.isQuiet = false;
    this.#failedCalls++;
    this.#lastFailure = this.#clock.now();
    if (this.#downSince !== null) return;
    this.#downSince = this.#lastFailure;
    const isSoon = this.#upSince !== null && Math.abs(this.#lastFailure - this.#upSince) < SOON_MS;
    this.#quietMs = isSoon ? Math.min(this.#quietMs * 2, LONGEST_QUIET_MS) : QUIET_MS;
    this.#emit({ type: 'store-down', error });
  }
}
