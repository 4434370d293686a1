import type { Awaitable } from '../util/awaitable.js';
import type { SessionId, SessionKey } from '../session-id.js';
import type { SessionPatch, SessionRecord } from './session-record.js';

/** A write met what another request had changed; nothing was applied, and this is what the store holds. */
export interface Conflict {
  readonly conflict: SessionRecord;
}

/**
 * What a store must do, and the token under which the module provides it.
 *
 * Five operations, each atomic: another request, in this process or another, sees all of it or nothing. Only `rekey` may
 * take two steps, on servers that cannot change two keys in one.
 * Expected outcomes are answers, at once or by a promise; a throw or a rejected promise means that the store itself failed. Keys are opaque
 * ASCII text of up to 300 characters, never the id that a browser holds. Attribute names are any text, their
 * values JSON text. Names are equal when all their UTF-16 units are: case and Unicode normalisation count, and lone
 * surrogates are kept. An expiry is any instant up to the last one that a `Date` can hold; a store neither shortens nor refuses it.
 *
 * A store need not look at expiry: the engine refuses an expired record by its own clock. It should let go
 * of expired records some time later, by itself or through {@link ExpirySweeper}.
 *
 * A record that was given out never changes: what a request was based on is compared with it later. One that was given to a
 * store may change afterwards.
 *
 * `describeStoreContract` in `nest-session/testing` asks a store all of this.
 */
export abstract class SessionStore {
  /**
   * The record filed under the key, or `null`. What is filed there and cannot be read is `'corrupt'`: for the other
   * operations it is in the way of `create`, `'missing'` to `patch` and `rekey`, and can be deleted.
   */
  abstract load(key: SessionKey): Awaitable<SessionRecord | 'corrupt' | null>;

  /** Files a new record. Never overwrites: a key in use is a `'collision'`. */
  abstract create(key: SessionKey, record: SessionRecord): Awaitable<'created' | 'collision'>;

  /**
   * Applies a request's changes to the record that is there now, as `applyPatch` defines it.
   * Never creates: a record that is gone is `'missing'` and stays gone. An attribute, or a principal, that is not
   * what the patch was based on is a {@link Conflict}, and then nothing is applied, neither attributes nor expiry.
   */
  abstract patch(key: SessionKey, patch: SessionPatch): Awaitable<'applied' | 'missing' | Conflict>;

  /**
   * In one step removes the record under `from` and files `record` under `to`. Does nothing where `from`
   * is gone (`'missing'`) or `to` is in use (`'collision'`), nor where a `revision` is given and the record under
   * `from` has another one (a {@link Conflict}): then others have changed what `record` carries over.
   *
   * At any moment exactly one of both keys can be loaded. A store whose servers cannot change two keys in one step, such
   * as Redis Cluster, creates the record under `to` first. Then it compares and removes the one under `from` in one step.
   * In between both can be loaded, at no moment neither. Only one can be loaded when the promise resolves: a rekey that is
   * refused removes the record under `to` again. The browser receives the new id after that.
   */
  abstract rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Awaitable<'applied' | 'missing' | 'collision' | Conflict>;

  /** Removes the record. */
  abstract delete(key: SessionKey): Awaitable<'deleted' | 'missing'>;
}

/** The optional power of a store to clean up when told to. */
export interface ExpirySweeper {
  /**
   * Removes records that were over at `before`, at most `limit` of them, and answers how many.
   * An answer below `limit` means that none is left, or that a concurrent sweep removes them. A record whose expiry
   * is moved meanwhile stays, and concurrent sweeps count each record once.
   */
  deleteExpired(before: number, limit: number): Promise<number>;
}

/** A session found by its principal. */
export interface StoredSession {
  readonly key: SessionKey;
  readonly record: SessionRecord;
}

/** The optional power of a store to tell and to end all sessions of a principal, wherever they were begun. */
export interface PrincipalIndex {
  /**
   * The sessions of a principal that are not over at the instant `at`, those begun last first. Where there are more
   * than `limit`, the store decides which are left out.
   */
  listByPrincipal(principal: string, at: number, limit: number): Promise<readonly StoredSession[]>;
  /**
   * Removes all sessions of a principal but the one filed under `keep`, and answers how many. A session that was
   * there when it began is gone when it ends, also one that is given another key meanwhile.
   */
  deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number>;
}

/** The optional power of a store to file sessions otherwise than under a hash of their ids, where it must share them. */
export interface SessionKeying {
  keyOf(id: SessionId): SessionKey;
}

/** The optional power of a store to warn about how it was configured. */
export interface StartWarning {
  /** Logged once when the application starts; `null` when there is nothing to warn about. */
  readonly startWarning: string | null;
}

/** The methods that make a store. */
export const STORE_METHODS = ['load', 'create', 'patch', 'rekey', 'delete'] as const;

/** Whether something has the methods that make a store. */
export function isSessionStore(store: unknown): store is SessionStore {
  return STORE_METHODS.every(
    (method) => typeof (store as Record<string, unknown> | null)?.[method] === 'function',
  );
}

/** Whether a store can clean up when told to. */
export function isExpirySweeper<S extends SessionStore>(store: S): store is S & ExpirySweeper {
  return typeof (store as Partial<ExpirySweeper>).deleteExpired === 'function';
}

/** Whether a store knows the sessions of a principal. */
export function isPrincipalIndex<S extends object>(store: S): store is S & PrincipalIndex {
  const { listByPrincipal, deleteByPrincipal } = store as Partial<PrincipalIndex>;
  return typeof listByPrincipal === 'function' && typeof deleteByPrincipal === 'function';
}

/** The sessions that are not over at an instant, those begun last first: the order of `listByPrincipal`. */
export function byNewest(filed: readonly StoredSession[], at: number): StoredSession[] {
  return filed
    .filter(({ record }) => record.expiresAt > at)
    .sort((one, other) => other.record.createdAt - one.record.createdAt);
}
