import type { SessionEvent } from '../core/session-event.js';
import { callListener, withoutThrow } from './call-listener.js';
import { isLogged } from './describe-event.js';
import type { HandlerHooks } from './handler-hooks.js';
import type { ResolvedSessionOptions } from './session-options.js';
import { minutes, type Clock } from '../core/util/clock.js';

/** Passes the events and warnings of a middleware to the log and to the option `onEvent`. */
export class EventReporter {
  readonly #onEvent: ResolvedSessionOptions['onEvent'];
  readonly #log: HandlerHooks['log'];
  readonly #warn: HandlerHooks['warn'];
  readonly #clock: Clock;
  readonly #warned = new Set<string>();
  #rejectionLoggedAt = Number.NEGATIVE_INFINITY;

  constructor({ onEvent, clock }: ResolvedSessionOptions, { log, warn }: HandlerHooks) {
    this.#onEvent = onEvent;
    this.#log = log;
    this.#warn = warn;
    this.#clock = clock;
  }

  /**
   * Logs an event and passes it to the option `onEvent`. A listener or logger that throws, rejects or is slow
   * must not affect the request that emits the event.
   */
  emit(event: SessionEvent): void {
    setImmediate(() => {
      if (isLogged(event) && (event.type !== 'rejected' || this.#isRejectionLogDue()))
        withoutThrow(() => this.#log(event));
      if (this.#onEvent !== null) callListener(this.#onEvent, event, this.#warn);
    });
  }

  /** Logs a warning the first time it occurs. */
  warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    withoutThrow(() => this.#warn(message));
  }

  #isRejectionLogDue(): boolean {
    const now = this.#clock.now();
    // The absolute difference also works after the clock was set back.
    if (Math.abs(now - this.#rejectionLoggedAt) < LOG_EVERY_MS) return false;
    this.#rejectionLoggedAt = now;
    return true;
  }
}

/** Shortest time between log lines of rejected requests, whose number clients decide. */
const LOG_EVERY_MS = minutes(1);
