import type { Clock } from '../util/clock.js';
import type { SessionError, SessionEventListener } from '../errors.js';

/** So many calls in a row without an answer, and further ones are refused at once. */
const MOST_UNANSWERED = 5;
/** How often a store that does not answer is tried again. Milliseconds. */
const TRY_EVERY_MS = 250;
/**
 * How long nothing may have failed before a store counts as well again: else one that wavers would fill the log. Twice as
 * long each time that it fails again soon.
 */
const QUIET_MS = 1000;
const LONGEST_QUIET_MS = 60_000;
const SOON_MS = 60_000;

/**
 * Whether a store works, as its calls show. An outage is told once, and so is its end.
 *
 * A store that fails is asked again by each request: it answers quickly. One that does not answer at all keeps a
 * connection and a place in a queue busy for each call, so it is asked now and then only, by one call at a time.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #tell: SessionEventListener;
  #downSince: number | null = null;
  #upSince: number | null = null;
  #quietMs = QUIET_MS;
  #lastFailure = 0;
  #failedCalls = 0;
  #unanswered = 0;
  #triedAt = 0;
  #trying = false;

  constructor(clock: Clock, tell: SessionEventListener) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Whether a call should be made now. Each one that is must be told of afterwards. */
  admits(): boolean {
    if (this.#unanswered < MOST_UNANSWERED) return true;
    if (this.#trying || Math.abs(this.#clock.now() - this.#triedAt) < TRY_EVERY_MS) return false;
    this.#trying = true;
    return true;
  }

  /** The store answered, whatever it said. */
  answered(): void {
    this.#trying = false;
    this.#unanswered = 0;
    if (this.#downSince === null) return;
    const now = this.#clock.now();
    // A clock that was set back shows a difference too.
    if (Math.abs(now - this.#lastFailure) < this.#quietMs) return;
    const event = {
      type: 'store-up',
      downMs: now - this.#downSince,
      failedCalls: this.#failedCalls,
    } as const;
    this.#downSince = null;
    this.#failedCalls = 0;
    this.#upSince = now;
    this.#tell(event);
  }

  /** The store failed. */
  failed(error: SessionError): void {
    this.#trying = false;
    this.#unanswered = 0;
    this.#fail(error);
  }

  /** The store did not answer in time. */
  unanswered(error: SessionError): void {
    this.#trying = false;
    this.#unanswered++;
    this.#triedAt = this.#clock.now();
    this.#fail(error);
  }

  #fail(error: SessionError): void {
    this.#failedCalls++;
    this.#lastFailure = this.#clock.now();
    if (this.#downSince !== null) return;
    this.#downSince = this.#lastFailure;
    const isSoon = this.#upSince !== null && Math.abs(this.#lastFailure - this.#upSince) < SOON_MS;
    this.#quietMs = isSoon ? Math.min(this.#quietMs * 2, LONGEST_QUIET_MS) : QUIET_MS;
    this.#tell({ type: 'store-down', error });
  }
}
