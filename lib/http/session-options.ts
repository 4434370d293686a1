import { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CookieOptions } from '../cookie/cookie-options.js';
import type { Secret } from '../cookie/cookie-signature.js';
import type { Clock } from '../core/util/clock.js';
import type { SessionEventListener } from '../core/session-event.js';
import type { SessionDevice, UserSession } from '../core/session/user-session.js';
import type { Awaitable } from '../core/util/awaitable.js';
import type { SessionStore } from '../core/store/session-store.js';
import type { CallbackStore } from '../stores/express-session/callback-store.js';
import type { SessionLimit } from './session-limit.js';
import type { ConnectionOptions } from './connection-options.js';
import type { ClearSiteDataType } from './clear-site-data.js';
import type { CredentialStampOptions } from './credential-stamp-options.js';
import type { SessionTimeouts, TimeoutProfile } from './session-timeouts.js';

export type { CallbackStore, SessionLimit, SessionTimeouts, TimeoutProfile };

/** A `SessionStore`, or a store made for express-session. */
export type AnyStore = SessionStore | CallbackStore;

/** Result for a request whose session cannot be loaded: 503, or no session. */
export type OnStoreError = 'fail' | 'anonymous';

/**
 * The options of a session, the same in every entry point of this package. Names and meanings are those of
 * express-session. Defaults that differ name the default of express-session.
 */
export interface SessionOptions extends ConnectionOptions {
  /**
   * Signs the cookie: a string, bytes or a key of at least 32 bytes, or an array of them. The first one signs
   * and all verify, so a secret can be replaced without ending sessions.
   */
  readonly secret: Secret | readonly Secret[];
  /**
   * A `SessionStore`, or a store made for express-session. The latter writes whole sessions: concurrent
   * changes of two processes to one session can be lost.
   * @defaultValue a new `MemorySessionStore`
   */
  readonly store?: AnyStore | undefined;
  /**
   * Name of the cookie. Prefixes (`__Host-`, `__Secure-`) are enforced.
   * @defaultValue `'connect.sid'`
   */
  readonly name?: string | undefined;
  /**
   * Attributes of the cookie, or a function of the request that returns them or a promise of them, such as
   * settings of a tenant from a database. The request waits for the promise, and fails if it rejects.
   */
  readonly cookie?: CookieOptions | ((req: IncomingMessage) => Awaitable<CookieOptions>) | undefined;
  readonly timeouts?: SessionTimeouts | undefined;
  /**
   * Returns a new id: at least 128 random bits in 22 to 256 visible ASCII characters. By default 192 bits.
   * While it runs, `req.sessionID` and `req.session.id` are the replaced id; `undefined` for a new session.
   */
  readonly genid?: ((req: IncomingMessage) => string) | undefined;
  /** Whether to trust `X-Forwarded-Proto`. By default the trust setting of the framework decides. */
  readonly proxy?: boolean | undefined;
  /**
   * Extends the idle timeout in the store with each request. It never overwrites changes of other requests.
   * @defaultValue `false` (express-session: `true`, deprecated)
   */
  readonly resave?: boolean | undefined;
  /**
   * Sends the cookie with each response, which restarts its lifetime in the browser.
   * @defaultValue `false`
   */
  readonly rolling?: boolean | undefined;
  /**
   * Stores a session for each visitor, also without any attribute.
   * @defaultValue `false` (express-session: `true`, deprecated)
   */
  readonly saveUninitialized?: boolean | undefined;
  /**
   * What `req.session = null` does to the record: `'keep'` leaves it, `'destroy'` deletes it. After
   * `regenerate()` the record of the old id is deleted in both cases.
   * @defaultValue `'keep'`
   */
  readonly unset?: 'keep' | 'destroy' | undefined;
  /**
   * Time between two sweeps, for a store that can sweep expired sessions; `false` for no sweeps (serverless).
   * A sweep without a listener removes sessions without the event `expired`: set `false` on nodes that do not
   * listen. Milliseconds.
   * @defaultValue `minutes(1)`
   */
  readonly sweepEvery?: number | false | undefined;
  /**
   * When the session is loaded: before the request continues, or with `'lazy'` when `@Session()`, a
   * `SessionGuard` or `loadSession(request)` first needs it. `req.session` can be used from then on. A
   * request that never loads its session does not extend its idle timeout.
   * @defaultValue `'eager'`
   */
  readonly load?: 'eager' | 'lazy' | undefined;
  /**
   * Longest time to wait for one store call; `Infinity` for no limit. Milliseconds. After a timeout, the
   * store is called at most four times a second until a call returns. A timed out write may still happen
   * later.
   * @defaultValue `seconds(2)`
   */
  readonly storeTimeout?: number | undefined;
  /**
   * Result for a request whose session cannot be loaded because the store fails. `'fail'` responds 503 with
   * `Retry-After`. With `'anonymous'` the request continues with an empty session whose `isAvailable` is
   * `false`. A function of the request decides by route. In both cases the browser keeps its cookie, and
   * `SessionGuard` responds 503. So does a request that changes its session.
   * @defaultValue `'fail'`
   */
  readonly onStoreError?: OnStoreError | ((req: IncomingMessage) => OnStoreError) | undefined;
  /**
   * Receives the events of sessions, such as `login` and `revoked`, and those that no request can report:
   * outages of the store, failed sweeps and unreadable records. The latter are also logged, and so is
   * `rejected` with the reason `duplicate-cookie`. The listener runs outside of requests: its errors are
   * logged as warnings.
   */
  readonly onEvent?: SessionEventListener | undefined;
  /**
   * Returns whose session it is, by its attributes: for passport, and for a login that sets an attribute by
   * hand. It runs when the session is saved. When its result changes, the id changes in the same write, as
   * with `regenerate()`. From an anonymous session to a user all attributes stay. From one user to another
   * only those stay that the request has written. `null` or `undefined` for nobody.
   *
   * Not needed with `session.login()`.
   */
  readonly principal?: ((session: UserSession) => string | number | bigint | null | undefined) | undefined;
  /**
   * Returns what `SessionRegistry` shows of the device of a login, such as `{ browser: 'Firefox' }`. It runs
   * at each login and step-up, also at those by the option `principal`, and its result replaces the former
   * one. Any plain object of at most 1024 bytes of JSON, `null` or `undefined` for nothing. A longer one
   * fails the login with `ERR_SESSION_VALUE`: shorten texts that the client sends, such as `User-Agent`.
   *
   * No address is kept unless the application asks: `truncatedAddress(req.socket.remoteAddress)` returns one
   * without the part that identifies a single client.
   */
  readonly device?: ((req: IncomingMessage) => (SessionDevice & object) | null | undefined) | undefined;
  /**
   * Limits how many sessions a user may have at the same time, such as `{ perPrincipal: 3 }`. It counts the
   * sessions of this session name that were bound by `login()` or the option `principal`. A step-up,
   * `regenerate()` and a renewal do not count.
   *
   * The limit is exact, also for concurrent logins on several servers: once all responses are sent, no user
   * has more sessions. With `whenReached: 'reject'`, `await session.login()` stores the login immediately.
   *
   * @throws SessionError `ERR_SESSION_CONFIG` at startup for a store that cannot limit sessions, such as one
   * made for express-session.
   * @see NIST SP 800-53 Rev. 5, AC-10 "Concurrent Session Control"; OWASP ASVS 5.0, 7.1.2
   */
  readonly limit?: SessionLimit | undefined;
  /**
   * Ends the sessions of a user when the password changes: a session is bound to `of(principal)` at its
   * login, and ends at the next request that finds another result, before a handler runs.
   * `await session.refreshStamp()` keeps the session that changed the password.
   *
   * A session from before the option is bound to the present result by its next request, which writes it
   * once.
   */
  readonly credentialStamp?: CredentialStampOptions | undefined;
  /**
   * Whether a response with a status of 500 or more saves the session. With `false` it saves nothing, and
   * sends no cookie, unless the request has ended its session or called `save()`. The old id of a session
   * that was given a new one by `regenerate()` or `login()` ends all the same, and with it that session: an
   * attacker may have the id.
   * @defaultValue `true`, as in express-session (Django, tower-sessions: `false`)
   */
  readonly saveOnError?: boolean | undefined;
  /**
   * Sends `Clear-Site-Data` with the response of a logout: one that clears the cookie because its own request
   * has ended the session. `true` for `cache`, `cookies` and `storage`. Only over secure connections, since
   * browsers ignore it on others. A header that the application has set stays as it is.
   *
   * `cookies` removes all cookies of the domain and its subdomains: those of other session names too, and
   * those that the same response sets.
   * @defaultValue no header
   * @see W3C Clear Site Data; OWASP ASVS 5.0, 14.3.1; requirement S-49
   */
  readonly clearSiteData?: true | readonly ClearSiteDataType[] | undefined;
  /** Source of the current time; for tests. */
  readonly clock?: Clock | undefined;
}

/** Whether a value is an object of options, and not an array or a secret given as bytes or as a key. */
export function isOptions(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !ArrayBuffer.isView(value) && !(value instanceof KeyObject);
}
