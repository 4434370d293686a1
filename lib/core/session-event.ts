import type { SessionError } from './errors.js';
import type { PrincipalLimit } from './store/session-store.js';

/** What all events of one session name have. */
interface SessionFact {
  /** The name of the session: `default`, or the option `sessionName`. */
  readonly sessionName: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** An event about one session. */
interface SessionOccurrence extends SessionFact {
  /** The public name of the session, useless as a credential: `session.handle`. */
  readonly handle: string;
  /** The user; `null` for an anonymous session. */
  readonly principal: string | null;
}

/** Events of a store. */
export type StoreEvent =
  | { readonly type: 'store-down'; readonly error: SessionError; readonly source?: 'credentialStamp' }
  | {
      readonly type: 'store-up';
      readonly downMs: number;
      readonly failedCalls: number;
      readonly source?: 'credentialStamp';
    }
  | { readonly type: 'corrupt-record'; readonly handle: string }
  | { readonly type: 'sweep-failed'; readonly error: SessionError };

/** A request with a session cookie got no session. */
export interface RejectionEvent extends SessionFact {
  readonly type: 'rejected';
  readonly reason: RejectionReason;
  readonly handles: readonly string[];
}

/** Why a request with a cookie got no session. */
export type RejectionReason =
  'unknown-id' | 'bad-signature' | 'expired' | 'revoked' | 'stamp' | 'duplicate-cookie';

/** Events in the life of a session. They are emitted after the store has accepted the change. */
export type LifecycleEvent =
  | (SessionOccurrence & { readonly type: 'created' })
  | (SessionOccurrence & {
      readonly type: 'login';
      /** The handle before the login, where it has changed. */
      readonly formerHandle: string | null;
      readonly method: string | null;
      readonly isStepUp: boolean;
    })
  | (SessionOccurrence & { readonly type: 'logout' })
  | (SessionOccurrence & { readonly type: 'regenerated'; readonly formerHandle: string })
  | (SessionOccurrence & { readonly type: 'revoked'; readonly reason: 'registry' | 'limit' | 'stamp' })
  | (SessionFact & {
      readonly type: 'revoked';
      readonly reason: 'everything';
      readonly handle: null;
      readonly principal: null;
    })
  | (SessionOccurrence & { readonly type: 'expired' })
  | (SessionFact & {
      readonly type: 'limit-reached';
      readonly principal: string;
      readonly whenReached: PrincipalLimit['whenReached'];
      /** The sessions that the login has ended. Empty for a login that was refused. */
      readonly handles: readonly string[];
    });

/**
 * Events of sessions and of their store. No event contains an id, a key or data of a session.
 *
 * - `created`: a store holds a new session, anonymous or not.
 * - `login`: `session.login()`, or a new result of the option `principal`. `isStepUp` if the principal had
 *   this session before.
 * - `logout`: a request has ended its own session, or `regenerate()` the login of its user. Also for a
 *   session whose new id reached no browser, because its client has left or the head of the response was
 *   sent.
 * - `regenerated`: a session has a new id, without a login.
 * - `revoked`: `SessionRegistry` has ended a session, or with the reason `everything` all sessions of a name.
 *   Reason `limit`: a login of the same user has ended it, by the option `limit`.
 *   Reason `stamp`: the credential of its user has changed, by the option `credentialStamp`.
 * - `limit-reached`: a login would have exceeded the option `limit`. It has ended the sessions `handles`, or
 *   it was refused.
 * - `expired`: a sweep has removed an expired session, anonymous or not. `at` is the instant at which it
 *   expired, at least five minutes before the event. Of all nodes, the one that removed it emits the event,
 *   once. Needs a store with `ExpiryClaims` and the option `sweepEvery`. Not emitted for a session that
 *   `revokeEverything()` had ended.
 * - `rejected`: a request with a session cookie got no session. `handles` are the public names of the
 *   sessions that its cookies name, if any. Reason `duplicate-cookie`: cookies of several live sessions, so
 *   nothing shows which one is the visitor's. Another host of the same domain may have set one of them
 *   (cookie tossing). Reason `revoked` only for sessions that `revokeEverything()` has ended: a session that
 *   was ended by its handle or its principal is gone from the store, and an `unknown-id`. Reason `stamp`: the
 *   request had a session that the option `credentialStamp` has ended just now.
 * - `store-down`: the store failed or timed out after it had worked. Emitted once per outage. `error.cause`
 *   is the store's error. With `source`, it is the option `credentialStamp` that failed, not the store.
 * - `store-up`: the store works again. `downMs` and `failedCalls` measure the outage.
 * - `corrupt-record`: a record could not be read, and the visitor got a new session. `handle` is the public
 *   name of the old one.
 * - `sweep-failed`: the store did not remove expired sessions. The next sweep tries again. `error.cause` is
 *   the store's error.
 */
export type SessionEvent = LifecycleEvent | RejectionEvent | StoreEvent;

/**
 * Receives each event in a later turn of the event loop, so that no request waits for it. If it throws or
 * rejects, the error is logged as a warning.
 */
export type SessionEventListener = (event: SessionEvent) => void;

/** Where the engine and the registry report events. */
export interface EventSink {
  /** Whether anyone listens. Events of the life of a session are not made where nobody does. */
  readonly isOn: boolean;
  emit(event: SessionEvent): void;
}
