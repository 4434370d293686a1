import type { Awaitable } from '../util/awaitable.js';
import type { SessionId, SessionKey } from '../session-id.js';
import type { SessionPatch, SessionRecord } from './session-record.js';

/** The result of a write that was based on an outdated record. `conflict` is the stored record. */
export interface Conflict {
  readonly conflict: SessionRecord;
}

/** How many sessions a principal may have, and what happens to one more. */
export interface PrincipalLimit {
  /** At least 1. */
  readonly most: number;
  /** `oldest` by `createdAt`, `least-recent` by `touchedAt`. */
  readonly whenReached: 'evict-oldest' | 'evict-least-recent' | 'reject';
  /** Records that have expired by this instant do not count. Epoch milliseconds. */
  readonly at: number;
}

/** What a store does in the same operation as a `create` or a `rekey`. */
export interface WriteTerms {
  /** The name of the session. A `create` stamps the present epoch of this realm on the record. */
  readonly realm: string;
  /** A `rekey` stamps the present epoch. Otherwise it stores the `epoch` of the record. */
  readonly isLogin: boolean;
  /**
   * How many live sessions the principal of the record may have; `null` for no limit. The record of `from`
   * does not count. Only a store with `SessionLimits` gets one.
   */
  readonly limit: PrincipalLimit | null;
}

/** The record was written, and this call removed these sessions of its principal. Never empty. */
export interface Evicted {
  readonly evicted: readonly StoredSession[];
}

/**
 * The contract of a store, and the injection token of the store.
 *
 * Each of the five operations is atomic: another request, in this process or another, sees its whole effect
 * or none. Only `rekey` may take two steps, on servers that cannot change two keys in one. Expected outcomes
 * are results, returned directly or by a promise. A throw or a rejection means that the store itself failed.
 *
 * Keys are opaque ASCII strings of up to 300 characters, never the id that a browser holds. Attribute names
 * are any strings, their values JSON texts. Two names are equal if all their UTF-16 units are equal: case and
 * Unicode normalisation matter, and lone surrogates are kept. An expiry is any instant up to the last one
 * that a `Date` can hold; a store neither shortens nor refuses it.
 *
 * A store need not check expiry: the engine refuses an expired record by its own clock. The store should
 * remove expired records some time later, by itself or through {@link ExpirySweeper}.
 *
 * A loaded record must never change: the engine compares it with later ones. A record that was passed to a
 * store may change afterwards.
 *
 * `describeStoreContract` in `nest-session/testing` checks all of this.
 */
export abstract class SessionStore {
  /**
   * Returns the record of the key, or `null`. A record that cannot be read is `'corrupt'`: it is a
   * `'collision'` for `create` and `'missing'` for `patch` and `rekey`, and can be deleted.
   *
   * With a `realm`, a store with `SessionEpochs` returns `'revoked'` for a record whose epoch is below the
   * counter of that realm. Other stores ignore it.
   */
  abstract load(key: SessionKey, realm?: string): Awaitable<SessionRecord | 'corrupt' | 'revoked' | null>;

  /**
   * Stores a new record. Never overwrites: a key in use is a `'collision'`. With a limit that rejects, one
   * session too many is `'limit'`, and nothing is written. A store without `SessionEpochs` and
   * `SessionLimits` ignores `terms`.
   */
  abstract create(
    key: SessionKey,
    record: SessionRecord,
    terms?: WriteTerms,
  ): Awaitable<'created' | 'collision' | 'limit' | Evicted>;

  /**
   * Applies the changes of a request to the present record, as `applyPatch` defines it. Never creates: a
   * record that is gone is `'missing'`. If an attribute or the principal is not what the patch was based on,
   * the result is a {@link Conflict} and nothing is applied, neither attributes nor expiry.
   */
  abstract patch(key: SessionKey, patch: SessionPatch): Awaitable<'applied' | 'missing' | Conflict>;

  /**
   * Removes the record of `from` and stores `record` under `to`, in one step. Does nothing if `from` is gone
   * (`'missing'`), if `to` is in use (`'collision'`), or if a `revision` is passed and the record of `from`
   * has another one (a {@link Conflict}): then other requests have changed what `record` carries over.
   *
   * At any moment exactly one of both keys can be loaded. A store whose servers cannot change two keys in one
   * step, such as Redis Cluster, creates the record of `to` first. Then it compares and removes the one of
   * `from` in one step. In between both can be loaded, but never neither. When the promise resolves, only one
   * can be loaded: a rekey that is refused removes the record of `to` again. The browser receives the new id
   * after that.
   *
   * With `terms`, a record of `from` that the epoch of the realm refuses is `'missing'`. With a limit that
   * rejects, one session too many is `'limit'`: nothing is written, and `from` stays. A store may take two
   * steps for a rekey with a limit.
   */
  abstract rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): Awaitable<'applied' | 'missing' | 'collision' | 'limit' | Evicted | Conflict>;

  /** Removes the record. */
  abstract delete(key: SessionKey): Awaitable<'deleted' | 'missing'>;
}

/** Optional: a store that can remove expired records. */
export interface ExpirySweeper {
  /**
   * Removes records that had expired at `before`, at most `limit` of them, and returns how many. A result
   * below `limit` means that no more are left, or that a concurrent sweep removes them. A record whose expiry
   * is moved meanwhile stays. Concurrent sweeps count each record once.
   */
  deleteExpired(before: number, limit: number): Promise<number>;
}

/** A session found by its principal. */
export interface StoredSession {
  readonly key: SessionKey;
  readonly record: SessionRecord;
}

/** Optional: a store that can list and delete all sessions of a principal. */
export interface PrincipalIndex {
  /**
   * Returns the sessions of a principal that have not expired at the instant `at`, the newest first. If there
   * are more than `limit`, the store decides which it leaves out.
   */
  listByPrincipal(principal: string, at: number, limit: number): Promise<readonly StoredSession[]>;
  /**
   * Removes all sessions of a principal except the one with the key `keep`, and returns how many. Every
   * session that exists when the call begins is gone when it ends, also one that gets another key meanwhile.
   */
  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number>;
}

/** Optional: a store with keys of its own, because it shares its records with other software. */
export interface SessionKeying {
  keyOf(id: SessionId): SessionKey;
}

/** Optional: a store that warns about its configuration. */
export interface StartWarning {
  /** Logged once at startup; `null` if there is no warning. */
  readonly startWarning: string | null;
}

/** The methods that every store has. */
export const STORE_METHODS = ['load', 'create', 'patch', 'rekey', 'delete'] as const;

/** Whether a value has the methods of a store. */
export function isSessionStore(store: unknown): store is SessionStore {
  return STORE_METHODS.every(
    (method) => typeof (store as Record<string, unknown> | null)?.[method] === 'function',
  );
}

/** Whether a store can remove expired records. */
export function isExpirySweeper<S extends SessionStore>(store: S): store is S & ExpirySweeper {
  return typeof (store as Partial<ExpirySweeper>).deleteExpired === 'function';
}

/** Whether a store can list the sessions of a principal. */
export function isPrincipalIndex<S extends object>(store: S): store is S & PrincipalIndex {
  const { listByPrincipal, deleteByPrincipal } = store as Partial<PrincipalIndex>;
  return typeof listByPrincipal === 'function' && typeof deleteByPrincipal === 'function';
}

/** The sessions that have not expired at an instant, the newest first: the order of `listByPrincipal`. */
export function byNewest(sessions: readonly StoredSession[], at: number): StoredSession[] {
  return sessions
    .filter(({ record }) => record.expiresAt > at)
    .sort((one, other) => other.record.createdAt - one.record.createdAt);
}
