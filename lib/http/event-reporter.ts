import type { ExpirySink } from '../core/registry/expiry-sweep.js';
import type { EventSink, SessionEvent, SessionEventListener } from '../core/session-event.js';
import { callListener, withoutThrow } from './call-listener.js';
import { describeEvent, isLogged, type LoggedEvent } from './describe-event.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';
import { minutes, type Clock } from '../core/util/clock.js';

/** Where an entry point writes events and warnings. */
export interface EventLog {
  /** Writes an event to the log. */
  readonly log: (event: LoggedEvent) => void;
  /** Logs a warning about the configuration, or about a listener that failed. */
  readonly warn: (message: string) => void;
}

/**
 * Passes the events and warnings of one session name to the log, to the option `onEvent` and to further
 * listeners.
 */
export class EventReporter implements EventSink, ExpirySink {
  readonly #listeners: Listening[] = [];
  readonly #log: EventLog['log'];
  readonly #warn: EventLog['warn'];
  readonly #clock: Clock;
  readonly #warned = new Set<string>();
  #rejectionLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    { onEvent, clock }: Pick<ResolvedSessionOptions, 'onEvent' | 'clock'>,
    { log, warn }: EventLog,
  ) {
    this.#log = log;
    this.#warn = warn;
    this.#clock = clock;
    if (onEvent !== null)
      this.#listeners.push({ types: null, call: (event) => callListener(onEvent, event, warn) });
  }

  get isOn(): boolean {
    return this.#listeners.length > 0;
  }

  listensTo(type: SessionEvent['type']): boolean {
    return this.#listeners.some(({ types }) => isOneOf(types, type));
  }

  /** Adds a listener for events of some types, or of all. Its errors are logged as warnings. */
  listen(listener: SessionEventListener, types: EventTypes = null): void {
    const name = 'A listener of session events';
    this.#listeners.push({ types, call: (event) => callListener(listener, event, this.#warn, name) });
  }

  /**
   * Logs an event and passes it to all listeners. A listener or logger that throws, rejects or is slow must
   * not affect the request that emits the event.
   */
  emit(event: SessionEvent): void {
    setImmediate(() => {
      if (isLogged(event) && (event.type !== 'rejected' || this.#isRejectionLogDue()))
        withoutThrow(() => this.#log(event));
      for (const { types, call } of this.#listeners) if (isOneOf(types, event.type)) call(event);
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

/** Types of events; `null` for all. */
type EventTypes = ReadonlySet<SessionEvent['type']> | null;

interface Listening {
  readonly types: EventTypes;
  readonly call: (event: SessionEvent) => void;
}

const isOneOf = (types: EventTypes, type: SessionEvent['type']): boolean => types === null || types.has(type);

/** Shortest time between log lines of rejected requests, whose number clients decide. */
const LOG_EVERY_MS = minutes(1);

const warn = (message: string): void => process.emitWarning(message, 'SessionWarning');

/** Writes to the warnings of the process: the log of an application without Nest. */
export const PROCESS_WARNINGS: EventLog = {
  warn,
  log: (event) => warn(describeEvent(event) + causeOf(event)),
};

/** The message of the store's error, for the log. */
function causeOf(event: LoggedEvent): string {
  if (event.type !== 'store-down' && event.type !== 'sweep-failed') return '';
  const { cause, message } = event.error;
  return ` (${cause instanceof Error ? cause.message : message})`;
}
