import type { SessionEvent } from '../core/session-events.js';
import { callListener, withoutThrow } from './call-listener.js';
import type { HandlerHooks } from './handler-hooks.js';
import { withRareRejections } from './rejection-log.js';
import type { ResolvedSessionOptions } from './session-options.js';

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
