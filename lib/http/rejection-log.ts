import type { Clock } from '../core/clock.js';
import { minutes } from '../core/durations.js';
import type { SessionEvent } from '../core/session-events.js';

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
