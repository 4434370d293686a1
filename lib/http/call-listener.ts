import type { SessionEvent, SessionEventListener } from '../core/errors.js';

/** Calls a listener of the application. It never throws, and leaves no rejected promise behind: a failure is a warning. */
export function callListener(
  listener: SessionEventListener,
  event: SessionEvent,
  warn: (message: string) => void,
): void {
  const failed = (error: unknown): void =>
    withoutThrow(() =>
      warn(`The option onEvent failed: ${error instanceof Error ? error.message : 'no error'}`),
    );
  try {
    // Also what is a promise only by its shape may reject.
    const result: unknown = listener(event);
    if (isThenable(result)) Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Runs a step of which nobody waits for the outcome, such as a logger of the application. */
export function withoutThrow(step: () => void): void {
  try {
    step();
  } catch {
    // There is nowhere left to report it.
  }
}

const isThenable = (value: unknown): boolean =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/**
 * Runs a step that a promise or a store calls, where no caller can catch what the step throws. An error is then an
 * uncaught exception, as in any listener of Node, and no rejection of a promise that nobody holds.
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
