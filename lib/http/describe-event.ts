import type { RejectionEvent, SessionEvent, StoreEvent } from '../core/session-event.js';
import type { StartWarning } from '../core/store/session-store.js';
import { MemorySessionStore } from '../stores/memory/memory-session-store.js';
import type { AnyStore } from './session-options.js';

/** An event that is written to the log. Those of the life of a session are for listeners alone. */
export type LoggedEvent = StoreEvent | RejectionEvent;

/** Whether an event is written to the log. */
export function isLogged(event: SessionEvent): event is LoggedEvent {
  return event.type === 'rejected' ? event.reason === 'duplicate-cookie' : STORE_EVENTS.has(event.type);
}

const STORE_EVENTS: ReadonlySet<SessionEvent['type']> = new Set<StoreEvent['type']>([
  'store-down',
  'store-up',
  'corrupt-record',
  'sweep-failed',
]);

/** The log line of an event. */
export function describeEvent(event: LoggedEvent): string {
  switch (event.type) {
    case 'store-down':
      if (event.source === 'credentialStamp')
        return 'The option credentialStamp.of fails. Requests of signed-in users get 503 until it works again. Nobody is logged out.';
      return 'The session store fails. Requests that need it get 503 until it works again. Browsers keep their cookies.';
    case 'store-up':
      return `${event.source === undefined ? 'The session store' : 'The option credentialStamp.of'} works again, after ${(event.downMs / 1000).toFixed(1)} seconds and ${event.failedCalls} failed calls.`;
    case 'corrupt-record':
      return `The record of the session ${event.handle} cannot be read. Its visitor got a new session.`;
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

/**
 * The startup warning of a store that the application has given: its `startWarning`, or the one of a memory
 * store in production; else `null`.
 */
export function memoryWarning(store: AnyStore & Partial<StartWarning>): string | null {
  if (typeof store.startWarning === 'string') return store.startWarning;
  if (process.env['NODE_ENV'] !== 'production' || !isMemoryStore(store)) return null;
  return (
    'Sessions are stored in the memory of this process: they end with it, and other processes cannot read them. ' +
    'Set the option store to a durable store, such as LmdbSessionStore from nest-session/lmdb.'
  );
}

/**
 * A `MemoryStore` of express-session, `memorystore` or `nest-session/express` is recognised by the name of
 * its class or of a base class: an application may use another copy of these packages.
 */
function isMemoryStore(store: object): boolean {
  if (store instanceof MemorySessionStore) return true;
  for (let type: unknown = store; type !== null; type = Object.getPrototypeOf(type)) {
    const { constructor } = type as { readonly constructor?: unknown };
    if (typeof constructor === 'function' && constructor.name === 'MemoryStore') return true;
  }
  return false;
}

const BEHIND_A_PROXY =
  'Behind a proxy that ends TLS, set the option proxy: true or the trust proxy setting of the framework';

/** A session was not stored, because its cookie is secure and the connection is not. */
export const UNDELIVERABLE =
  'A session was not stored: its cookie is secure and the connection of the request is not. ' +
  `${BEHIND_A_PROXY}; otherwise set cookie.secure to "auto".`;

/** A cookie was sent without configured attributes that browsers reject on an insecure cookie. */
export function leftOutWarning(attributes: readonly string[]): string {
  const options = `option${attributes.length > 1 ? 's' : ''} ${attributes.join(' and ')}`;
  return (
    `A session cookie was sent without its ${options}: the connection of the request is not secure, and ` +
    `cookie.secure is "auto". Browsers do not send such a cookie from other sites. ${BEHIND_A_PROXY}.`
  );
}
