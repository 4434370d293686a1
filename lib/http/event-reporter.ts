import type { SessionEvent } from '../core/errors.js';
import { callListener, withoutThrow } from './call-listener.js';
import type { HandlerHooks } from './handler-hooks.js';
import type { ResolvedSessionOptions } from './session-options.js';
import { type Clock, minutes } from '../core/util/clock.js';

/** Where the events and warnings of one session go: the log, and the option `onEvent`. */
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
   * Logs an event and passes it to the option `onEvent`. A listener or a logger that throws, rejects or is slow must not
   * touch the request that the event comes from.
   */
  emit(event: SessionEvent): void {
    setImmediate(() => {
      withoutThrow(() => this.#log(event));
      if (this.#onEvent !== null) callListener(this.#onEvent, event, this.#warn);
    });
  }

  /** Once: what browsers do with a cookie is hard to find out from the outside. */
  warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    withoutThrow(() => this.#warn(message));
  }
}

/** How often a rejected request is logged at most: clients decide how many there are. */
const LOG_EVERY_MS = minutes(1);

/** A log of events that drops a `rejected` event soon after another one. Listeners of events receive all of them. */
export function withRareRejections(
  log: (event: SessionEvent) => void,
  clock: Clock,
): (event: SessionEvent) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type === 'rejected') {
      const now = clock.now();
      // A clock that was set back shows a difference too.
      if (Math.abs(now - loggedAt) < LOG_EVERY_MS) return;
      loggedAt = now;
    }
    log(event);
  };
}
