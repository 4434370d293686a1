import { readFileSync } from 'node:fs';

/**
 * Milliseconds of a clock that stands still while this process has something to do and gets no core for it: what other
 * jobs of a busy machine add to a wait is no matter of what is waited for. It goes on while the process computes, sleeps,
 * or waits for others.
 *
 * Linux tells that of the main thread, where jest runs its tests; elsewhere this is `performance.now()`.
 */
export function ownTime(): number {
  return performance.now() - waitedForCore();
}

/** How long the main thread stood in line for a core, in all. */
function waitedForCore(): number {
  try {
    const [, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
    return Number(waited) / 1e6 || 0;
  } catch {
    return 0;
  }
}
