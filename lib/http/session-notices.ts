import { EndNotices } from '../core/watch/end-notices.js';
import { ENDING } from '../core/watch/session-end.js';
import { hasNotices } from '../core/store/store-powers.js';
import type { EventLog } from './event-reporter.js';
import { EventReporter } from './event-reporter.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';

/** The notices of one session name; `null` without the option `notify`. */
export function noticesOf(
  { notify, store }: ResolvedSessionOptions,
  sessionName: string,
  events: EventReporter,
): EndNotices | null {
  if (!notify || !hasNotices(store)) return null;
  return new EndNotices(store, sessionName, () => events.warnOnce(NOT_SENT));
}

/** The reporter of the events of one session name. With the option `notify` it tells other processes of ends. */
export function reporterOf(
  options: ResolvedSessionOptions,
  sessionName: string,
  log: EventLog,
): EventReporter {
  const events = new EventReporter(options, log);
  const notices = noticesOf(options, sessionName, events);
  if (notices !== null) events.listen(notices.publish, ENDING);
  return events;
}

const NOT_SENT =
  'The store did not publish that sessions have ended (option notify). Other processes close the sockets of these ' +
  'sessions up to a minute later.';
