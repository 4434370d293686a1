import type { KeyObject } from 'node:crypto';
import type { EventSink } from '../session-event.js';
import type { Lifetimes } from '../session/expiry.js';
import type { SessionCookieFactory } from '../session/session-cookie.js';
import type { SessionStore } from '../store/session-store.js';
import type { Clock } from '../util/clock.js';

/** What a registry works with. */
export interface RegistryParts {
  readonly store: SessionStore;
  /** The store as the application gave it: errors name its class. */
  readonly givenStore: object;
  /** Longest time to wait for one store call; `null` for no limit. Milliseconds. */
  readonly storeTimeoutMs: number | null;
  readonly clock: Clock;
  readonly lifetimes: Lifetimes;
  /** The cookies of all requests; `null` where the cookie options differ by request. */
  readonly cookies: SessionCookieFactory | null;
  /** The session name. */
  readonly realm: string;
  readonly sink: EventSink;
  /** Keys of 32 bytes that encrypt the cursors of pages. The first one encrypts, and all decrypt. */
  readonly cursorKeys: readonly KeyObject[];
}
