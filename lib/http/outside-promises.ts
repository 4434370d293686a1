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
