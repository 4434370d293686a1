import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SessionEvent } from '../core/errors.js';

/** Continues a request, or ends it with an error. */
export type Next = (error?: unknown) => void;

/** A request that must be answered with an error. */
export interface FailedRequest {
  readonly stage: 'open' | 'commit';
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: Next;
}

/** What a handler tells the world around it. */
export interface HandlerHooks {
  /** Under which name the session stands at the request. */
  readonly sessionName?: string | undefined;
  /**
   * Answers a request whose session could not be loaded (`open`), or not be saved after it was answered (`commit`).
   * `false` where it cannot: then the client gets an answer without further words.
   */
  readonly answer: (error: unknown, failed: FailedRequest) => boolean;
  /** Hears of a save that failed when the answer could no longer be changed. */
  readonly report: (error: unknown) => unknown;
  /** Writes an event to the log. */
  readonly log: (event: SessionEvent) => void;
  /** Hears of a configuration that works against itself. */
  readonly warn: (message: string) => void;
}
