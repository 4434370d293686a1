import type { IncomingMessage } from 'node:http';
import type { CookieOptions } from '../cookie/cookie-options.js';
import type { Secret } from '../cookie/cookie-signature.js';
import type { StampSource } from '../core/session/credential-stamp.js';
import type { UserSession } from '../core/session/user-session.js';
import type { SessionEventListener } from '../core/session-event.js';
import type { SessionStore } from '../core/store/session-store.js';
import type { Awaitable } from '../core/util/awaitable.js';
import type { Clock } from '../core/util/clock.js';
import type { ResolvedLimit } from './session-limit.js';
import type { AnyStore, OnStoreError } from './session-options.js';
import type { TimeoutProfile } from './session-timeouts.js';

/** The options, checked and complete. */
export interface ResolvedSessionOptions {
  readonly secrets: readonly Secret[];
  /** An adapter where `givenStore` was made for express-session. */
  readonly store: SessionStore;
  /** The store as the application gave it. */
  readonly givenStore: AnyStore;
  readonly name: string;
  readonly cookie: (req: IncomingMessage) => Awaitable<CookieOptions>;
  /** The cookie attributes where they are the same for all requests at all times; else `null`. */
  readonly fixedCookie: CookieOptions | null;
  readonly idleMs: number;
  /** No idle timeout was given: a session lives as long as its cookie, where the cookie has a lifetime. */
  readonly cookieLeads: boolean;
  readonly absoluteMs: number;
  readonly touchEveryMs: number | null;
  /** Longest idle timeout that one session can have; `Infinity` without a profile. */
  readonly mostIdleMs: number;
  readonly profile: TimeoutProfile | null;
  readonly deviation: string | null;
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
  readonly principalOf: ((session: UserSession) => unknown) | null;
  readonly deviceOf: ((req: IncomingMessage) => unknown) | null;
  readonly limit: ResolvedLimit | null;
  /** `null` without the option `credentialStamp`. */
  readonly stampSource: Pick<StampSource, 'of' | 'checkEveryMs'> | null;
  readonly saveOnError: boolean;
  /** The value of the header `Clear-Site-Data`; `null` for none. */
  readonly clearSiteData: string | null;
  readonly checkEveryMs: number;
  /** Only with a store that can. */
  readonly notify: boolean;
  readonly trustedOrigins: readonly string[];
  readonly clock: Clock;
}
