import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventReporter } from './event-reporter.js';

/** Continues a request, or ends it with an error. */
export type Next = (error?: unknown) => void;

/** The header that a 503 carries: its name, and the seconds until a client should retry. */
export const RETRY_AFTER = ['Retry-After', '1'] as const;

/**
 * A request that needs an error response, because its session could not be loaded (`open`) or saved
 * (`commit`).
 */
export interface FailedRequest {
  readonly stage: 'open' | 'commit';
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: Next;
}

/** Functions that an entry point passes to its handler. */
export interface HandlerHooks {
  /** Name of the session at the request. */
  readonly sessionName?: string | undefined;
  /**
   * Sends the error response of the application. Returns `false` where it cannot: the handler then sends a
   * response with the status alone.
   */
  readonly answer: (error: unknown, failed: FailedRequest) => boolean;
  /** Receives the error of a save that failed after the response had begun. */
  readonly report: (error: unknown) => unknown;
  /** Receives the events and warnings of the handler. */
  readonly events: EventReporter;
}
