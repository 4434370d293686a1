import type { Clock } from './clock.js';
import type { SessionError } from './session-error.js';
import type { SessionEventListener } from './session-events.js';

/** So many calls in a row without an answer, and further ones are refused at once. */
const MOST_UNANSWERED = 5;
/** How often a store that does not answer is tried again. Milliseconds. */
const TRY_EVERY_MS = 250;
/** How long nothing may have failed before a store counts as well again: else one that wavers would fill the log. */
const QUIET_MS = 1000;

/**
 * Whether a store works, as its calls show. An outage is told once, and so is its end.
 *
 * A store that fails is asked again by each request: it answers quickly. One that does not answer at all keeps a
 * connection and a place in a queue busy for each call, so it is asked now and then only, by one call at a time.
 */
export class StoreHealth {
  readonly #clock: Clock;
  readonly #tell: SessionEventListener;
  #downSince: number | null = null;
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
    if (this.#downSince === null || this.#clock.now() - this.#lastFailure < QUIET_MS) return;
    const event = {
      type: 'store-up',
      downMs: this.#clock.now() - this.#downSince,
      failedCalls: this.#failedCalls,
    } as const;
    this.#downSince = null;
    this.#failedCalls = 0;
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
    this.#tell({ type: 'store-down', error });
  }
}
