import type { SessionEvent } from '../core/errors.js';
import { callListener, withoutThrow } from './call-listener.js';
import type { HandlerHooks } from './handler-hooks.js';
import type { ResolvedSessionOptions } from './session-options.js';
import { type Clock, minutes } from '../core/util/clock.js';

/** Passes the events and warnings of a middleware to the log and to the option `onEvent`. */
export class EventReporter {
  readonly #onEvent: ResolvedSessionOptions['onEvent'];
  readonly #log: HandlerHooks['log'];
  readonly #warn: HandlerHooks['warn'];
  readonly #warned = new Set<string>();

  constructor({ onEvent, clock }: ResolvedSessionOptions, { log, warn }: HandlerHooks) {
    this.#onEvent = onEvent;
    this.#log = withRareRejections(log, clock);
    this.#warn = warn;
  }

  /**
   * Logs an event and passes it to the option `onEvent`. A listener or logger that throws, rejects or is slow
   * must not affect the request that emits the event.
   */
  emit(event: SessionEvent): void {
    setImmediate(() => {
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
}

/**
 * Shortest time between two log lines of rejected requests: clients decide how many such requests there are.
 */
const LOG_EVERY_MS = minutes(1);

/** A log that drops a `rejected` event within a minute of another one. Listeners receive all of them. */
export function withRareRejections(
  log: (event: SessionEvent) => void,
  clock: Clock,
): (event: SessionEvent) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type === 'rejected') {
      const now = clock.now();
      // The absolute difference also works after the clock was set back.
      if (Math.abs(now - loggedAt) < LOG_EVERY_MS) return;
      loggedAt = now;
    }
    log(event);
  };
}
