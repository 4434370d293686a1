import type { SessionEvent } from '../core/session-events.js';

/** An event as a line of a log. */
export function describeEvent(event: SessionEvent): string {
  switch (event.type) {
    case 'store-down':
      return 'The session store fails. Requests that need it get 503 until it works again; their cookies stay.';
    case 'store-up':
      return `The session store works again, after ${(event.downMs / 1000).toFixed(1)} seconds and ${event.failedCalls} failed calls.`;
    case 'corrupt-record':
      return `The record of the session ${event.handle} cannot be read. Its visitor got a fresh one.`;
    case 'sweep-failed':
      return 'The session store did not remove expired sessions. The next sweep tries again.';
    case 'rejected':
      return (
        `A request had cookies of several live sessions under one name (${event.handles.join(', ')}). It got no session, ` +
        'and the response clears the cookie. Another host of the domain may have set one of them: use a cookie name with ' +
        'the prefix __Host-. Further requests of this kind are not logged for a minute.'
      );
  }
}
