import { sessionHandle, sessionKey, type SessionId } from '../session-id.js';
import { isRecordExpired, recordLifetimes } from '../session/expiry.js';
import { HANDLE, LOGIN, readHandle, readLogin } from '../session/own-attributes.js';
import type { RecordedDevice } from '../session/user-session.js';
import { scopeOf } from '../store/principal-scope.js';
import type { SessionRecord } from '../store/session-record.js';
import type { SessionKeying, StoredSession } from '../store/session-store.js';
import type { RegistryParts } from './registry-parts.js';

/** A session as `SessionRegistry` lists it. All instants are epoch milliseconds. */
export interface SessionInfo {
  /** The public name of the session, for `get()` and `revoke()`; useless as a credential. */
  readonly handle: string;
  /** Whose session it is; `null` while anonymous. */
  readonly principal: string | null;
  readonly createdAt: number;
  /** The last touch: up to `timeouts.touchEvery` before the last request. */
  readonly lastSeenAt: number;
  /** When the session expires unless it is used. */
  readonly expiresAt: number;
  /** The last login or step-up; `null` without one. */
  readonly authenticatedAt: number | null;
  /** The instants of the logins by their methods, such as `{ pwd: 1767225600000 }`. */
  readonly methods: Readonly<Record<string, number>>;
  /** What the option `device` returned at the last login or step-up; `null` without a result. */
  readonly device: RecordedDevice | null;
  /** Whether it is the session of the option `current`. */
  readonly current: boolean;
}

/** The public name of a stored session. It is stored where the session has had another id. */
export function handleOf({ key, record }: StoredSession, store: object): string {
  const stored = readHandle(record.attributes.get(HANDLE));
  if (stored !== null) return stored;
  // A store with keys of its own uses the id as the key.
  const hasOwnKeys = (store as Partial<SessionKeying>).keyOf !== undefined;
  return sessionHandle(hasOwnKeys ? sessionKey(key as string as SessionId) : key);
}

/** What an application may see of a stored session. */
export function infoOf(
  session: StoredSession,
  { store, lifetimes }: Pick<RegistryParts, 'store' | 'lifetimes'>,
  current: readonly string[],
): SessionInfo {
  const { record } = session;
  const handle = handleOf(session, store);
  const { createdAt, touchedAt, expiresAt, principal, attributes } = record;
  const login = readLogin(attributes.get(LOGIN));
  return {
    handle,
    principal: principal === null ? null : scopeOf(principal).principal,
    createdAt,
    lastSeenAt: touchedAt,
    expiresAt: Math.min(expiresAt, createdAt + recordLifetimes(record, lifetimes).absoluteMs),
    authenticatedAt: login?.at ?? null,
    methods: login?.methods ?? {},
    device: login?.device ?? null,
    current: current.includes(handle),
  };
}

/**
 * Whether a record is a live session: neither expired, by the present limits too, nor refused by the epoch.
 */
export function isLive(
  record: SessionRecord,
  epoch: number,
  { lifetimes, cookies, clock }: Pick<RegistryParts, 'lifetimes' | 'cookies' | 'clock'>,
): boolean {
  if ((record.epoch ?? 0) < epoch) return false;
  const now = clock.now();
  if (cookies !== null) return !isRecordExpired(record, lifetimes, cookies, now);
  return now < Math.min(record.expiresAt, record.createdAt + recordLifetimes(record, lifetimes).absoluteMs);
}
