import { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CookieOptions } from '../cookie/cookie-options.js';
import type { Secret } from '../cookie/cookie-signature.js';
import type { Clock } from '../core/util/clock.js';
import type { SessionEventListener } from '../core/errors.js';
import type { Awaitable } from '../core/util/awaitable.js';
import type { SessionStore } from '../core/store/session-store.js';
import type { CallbackStore } from '../stores/express-session/callback-store.js';

export type { CallbackStore };

/** A `SessionStore`, or a store made for express-session. */
export type AnyStore = SessionStore | CallbackStore;

/** How long sessions live. Milliseconds, written `minutes(30)`. */
export interface SessionTimeouts {
  /**
   * Longest time a session may stay unused; `Infinity` for no limit.
   * @defaultValue `cookie.maxAge`, or else `hours(24)`
   * @see OWASP Session Management Cheat Sheet, "Session Expiration"; OWASP ASVS 5.0, 7.3.1
   */
  readonly idle?: number | undefined;
  /**
   * Longest life of a session, however much it is used; `Infinity` for no limit. The lifetime of a cookie is cut there:
   * a `session.cookie.maxAge` that reaches beyond it is sent as what is left.
   * @defaultValue `days(30)`
   * @see OWASP ASVS 5.0, 7.3.2; NIST SP 800-63B-4, AAL1
   */
  readonly absolute?: number | undefined;
  /**
   * How often at most a request that changes nothing moves the idle expiry in the store.
   * @defaultValue a tenth of `idle`, at most `minutes(1)`
   */
  readonly touchEvery?: number | undefined;
}

/** What becomes of a request that cannot have its session. */
export type OnStoreError = 'fail' | 'anonymous';

/**
 * The options of a session, in every entry of this package. Names and meanings are express-session's; where a
 * default differs, its line says so.
 */
export interface SessionOptions {
  /**
   * Signs the cookie: at least 32 bytes of text, bytes or a key, or several of them. The first one signs, all verify,
   * so that a secret can be replaced without ending sessions.
   */
  readonly secret: Secret | readonly Secret[];
  /**
   * Where sessions are stored: a `SessionStore`, or a store made for express-session with `get`, `set` and `destroy`.
   * The latter writes whole sessions: changes that two processes make to one session concurrently can be lost.
   * @defaultValue a new `MemorySessionStore`
   */
  readonly store?: AnyStore | undefined;
  /**
   * Name of the cookie. Prefixes (`__Host-`, `__Secure-`) are enforced.
   * @defaultValue `'connect.sid'`
   */
  readonly name?: string | undefined;
  /**
   * Attributes of the cookie, or a function of the request that returns them or a promise of them (settings per tenant
   * from a database). The request waits for the promise; where it rejects, the request fails with its error.
   */
  readonly cookie?: CookieOptions | ((req: IncomingMessage) => Awaitable<CookieOptions>) | undefined;
  readonly timeouts?: SessionTimeouts | undefined;
  /**
   * Makes an id, at least 128 random bits in 22 to 256 visible ASCII characters. By default 192 random bits. While it runs,
   * `req.sessionID` and `req.session.id` are the id that it replaces; `undefined` if there is none.
   */
  readonly genid?: ((req: IncomingMessage) => string) | undefined;
  /**
   * Whether to believe `X-Forwarded-Proto`: `true` and `false` say so; unset, the framework's own trust setting decides.
   */
  readonly proxy?: boolean | undefined;
  /**
   * Moves the idle expiry in the store with each request. It never writes back what other requests have changed.
   * @defaultValue `false` (express-session: `true`, deprecated)
   */
  readonly resave?: boolean | undefined;
  /**
   * Sends the cookie with each answer, so that the browser counts its lifetime anew.
   * @defaultValue `false`
   */
  readonly rolling?: boolean | undefined;
  /**
   * Keeps a session for each visitor, also where no attribute was set.
   * @defaultValue `false` (express-session: `true`, deprecated)
   */
  readonly saveUninitialized?: boolean | undefined;
  /**
   * What `req.session = null` does to the record: nothing, or removes it. After `regenerate()` the record of the old id is
   * removed in both cases.
   * @defaultValue `'keep'`
   */
  readonly unset?: 'keep' | 'destroy' | undefined;
  /**
   * How often a store that can is told to remove expired sessions; `false` for never (serverless). Milliseconds.
   * @defaultValue `minutes(1)`
   */
  readonly sweepEvery?: number | false | undefined;
  /**
   * When the store is asked: before the request goes on, or with `'lazy'` only when `@Session()`, a `SessionGuard` or
   * `loadSession(request)` asks for the session. `req.session` is there then too, afterwards. What nobody asks for is not
   * kept alive either.
   * @defaultValue `'eager'`
   */
  readonly load?: 'eager' | 'lazy' | undefined;
  /**
   * Longest time to wait for the store, each time that it is asked; `Infinity` for as long as it takes. Milliseconds. A store
   * that does not answer is then asked four times a second only, until it answers again. A write that was given up may still
   * happen.
   * @defaultValue `seconds(2)`
   */
  readonly storeTimeout?: number | undefined;
  /**
   * What becomes of a request whose session cannot be loaded because the store fails: `'fail'` answers 503 with
   * `Retry-After`; with `'anonymous'` it goes on without its session, which says `isAvailable: false`. A function of the
   * request decides by route. In both cases the browser keeps its cookie, a `SessionGuard` answers 503, and so does a
   * request that wants to change its session.
   * @defaultValue `'fail'`
   */
  readonly onStoreError?: OnStoreError | ((req: IncomingMessage) => OnStoreError) | undefined;
  /**
   * Receives events that no request can report: outages of the store, sweeps that fail, records that cannot be read, and
   * requests with cookies of several live sessions (`rejected`). They are logged as well. It runs outside of requests: what
   * it throws or rejects with is logged as a warning.
   */
  readonly onEvent?: SessionEventListener | undefined;
  /** Where the time comes from; for tests. */
  readonly clock?: Clock | undefined;
}

/** Whether a value can be an object of options: no list, and no secret as bytes or as a key. */
export function isOptions(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !ArrayBuffer.isView(value) && !(value instanceof KeyObject);
}

/** The options, checked and complete. */
export interface ResolvedSessionOptions {
  readonly secrets: readonly Secret[];
  /** An adapter where `givenStore` was made for express-session. */
  readonly store: SessionStore;
  /** The store as the application gave it. */
  readonly givenStore: AnyStore;
  readonly name: string;
  readonly cookie: (req: IncomingMessage) => Awaitable<CookieOptions>;
  /** The same, where it is the same for all requests at all times. */
  readonly fixedCookie: CookieOptions | null;
  readonly idleMs: number;
  /** No idle timeout was given: where the cookie has a lifetime, the session lives as long. */
  readonly cookieLeads: boolean;
  readonly absoluteMs: number;
  readonly touchEveryMs: number | null;
  readonly genid: ((req: IncomingMessage) => string) | null;
  readonly proxy: boolean | undefined;
  readonly resave: boolean;
  readonly rolling: boolean;
  readonly saveUninitialized: boolean;
  readonly unset: 'keep' | 'destroy';
  readonly sweepEveryMs: number | false;
  readonly isLazy: boolean;
  readonly storeTimeoutMs: number | null;
  readonly onStoreError: (req: IncomingMessage) => OnStoreError;
  readonly onEvent: SessionEventListener | null;
  readonly clock: Clock;
}
