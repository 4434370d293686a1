import { readFileSync } from 'node:fs';

/**
 * Milliseconds of a clock that excludes the time in which this process was runnable but had no core. Measured durations
 * then do not depend on other jobs of a busy machine. The clock includes computing, sleeping and waiting for others.
 *
 * It needs Linux and measures the main thread, where jest runs its tests. On other systems it is `performance.now()`.
 */
export function ownTime(): number {
  return performance.now() - waitedForCore();
}

/** Total time in which the main thread waited for a core. Milliseconds. */
function waitedForCore(): number {
  try {
    const [, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
    return Number(waited) / 1e6 || 0;
  } catch {
    return 0;
  }
}
