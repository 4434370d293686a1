import type { SessionError } from './session-error.js';

/**
 * What happened to sessions that no request can tell of. No event holds an id or a key.
 *
 * - `store-down`: the store failed, or did not answer in time, after it had worked; told once, until it works again.
 *   `error.cause` is what the store said.
 * - `store-up`: it works again, after so many milliseconds and failed calls.
 * - `corrupt-record`: a session could not be read, and its visitor was given a fresh one. `handle` is its public name.
 * - `sweep-failed`: the store did not remove expired sessions. The next sweep tries again. `error.cause` is the store's error.
 * - `rejected`: a request got no session although its cookies are valid. Reason `duplicate-cookie`: it has several cookies
 *   of one name, of different live sessions, so nothing shows which one is the visitor's. Another host of the same domain
 *   may have set one of them (cookie tossing). `handles` are the public names of the sessions that the cookies name.
 */
export type SessionEvent =
  | { readonly type: 'store-down'; readonly error: SessionError }
  | { readonly type: 'store-up'; readonly downMs: number; readonly failedCalls: number }
  | { readonly type: 'corrupt-record'; readonly handle: string }
  | { readonly type: 'sweep-failed'; readonly error: SessionError }
  | {
      readonly type: 'rejected';
      readonly reason: 'duplicate-cookie';
      readonly handles: readonly string[];
    };

/**
 * Gets each event after the request's own step, in a later turn of the event loop. What it throws, and a promise of it that
 * rejects, is logged as a warning. No request waits for it.
 */
export type SessionEventListener = (event: SessionEvent) => void;
