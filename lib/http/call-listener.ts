import type { SessionEvent, SessionEventListener } from '../core/session-event.js';

/**
 * Calls a listener of the application. Never throws: an error or a rejected promise becomes a warning, which
 * names the listener.
 */
export function callListener(
  listener: SessionEventListener,
  event: SessionEvent,
  warn: (message: string) => void,
  name = 'The option onEvent',
): void {
  const failed = (error: unknown): void =>
    withoutThrow(() => warn(`${name} failed: ${error instanceof Error ? error.message : 'no error object'}`));
  try {
    Promise.resolve<unknown>(listener(event)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Runs a step and ignores its error, such as a logger of the application. */
export function withoutThrow(step: () => void): void {
  try {
    step();
  } catch {
    // The log itself failed.
  }
}

/**
 * Runs a step from the callback of a promise or a store, where no caller can catch an error. The error
 * becomes an uncaught exception, as in any listener of Node, and not an unhandled rejection.
 */
export function outsidePromises(step: () => void): void {
  try {
    step();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
