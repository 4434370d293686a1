import { SessionError } from '../errors.js';
import type { StoredSession } from './session-store.js';

/**
 * Optional: a store that can end all sessions of a realm at once. Each realm has a counter. The store returns
 * `'revoked'` from `load` for a record whose `epoch` is below the counter of the realm, and stamps the
 * present value on each record that it creates, see `WriteTerms`.
 */
export interface SessionEpochs {
  /** The counter of a realm; 0 before the first {@link SessionEpochs.advanceEpoch}. */
  epoch(realm: string): Promise<number>;
  /** Adds one to the counter and returns it. Concurrent calls add one each. */
  advanceEpoch(realm: string): Promise<number>;
}

/** Optional: a store whose `create` and `rekey` honour the limit of `WriteTerms`. */
export interface SessionLimits {
  readonly limitsSessions: true;
}

/** Optional: a store that can list all of its sessions, page by page. */
export interface SessionScan {
  /**
   * Returns one page. `cursor` is `null` for the first page, then the one of the page before; a page with the
   * cursor `null` is the last one. A page has about `limit` sessions, or none.
   *
   * A session that exists from the first page to the last one is listed, expired or not, at least once. One
   * that is created or ended meanwhile may be missing.
   */
  scan(cursor: string | null, limit: number): Promise<SessionPage>;
}

/** One page of a scan. */
export interface SessionPage {
  readonly sessions: readonly StoredSession[];
  readonly cursor: string | null;
}

/** Optional: a store that returns the expired records that it removes, for the event `expired`. */
export interface ExpiryClaims {
  /**
   * Removes records that had expired at `before`, at most `limit` of them, and returns them. Each record is
   * returned by one call only, over all nodes, and counted by no `deleteExpired`. A record whose expiry is
   * moved meanwhile stays. A result below `limit` means that no more are left, that a concurrent call removes
   * them, or that some could not be read.
   */
  claimExpired(before: number, limit: number): Promise<readonly StoredSession[]>;
  /**
   * For a store that also removes expired records by a timer of its own: it leaves them to `claimExpired`
   * until the returned function is called.
   */
  holdExpired?(): () => void;
}

/**
 * Optional: a store that passes short texts between all processes that share it. Texts are not stored: a
 * process that has no connection at that moment never receives them.
 */
export interface StoreNotices {
  /**
   * Sends a text to the listeners of all processes, this one too. At most 4096 bytes of UTF-8, without U+0000
   * and lone surrogates. Rejects if it could not be sent.
   */
  publish(notice: string): Promise<void>;
  /**
   * Calls `onNotice` with each text, in order, from when the subscription works, and with `null` each time it
   * begins to work: at first, and after each loss of the connection. Texts before that were possibly missed.
   *
   * Never throws or rejects: it tries again until the returned function is called. That function resolves
   * when the connection is released. Before the first call of `subscribe` there is no connection.
   */
  subscribe(onNotice: (notice: string | null) => void): () => Promise<void>;
}

/** Whether a store can end all sessions of a realm. */
export function hasEpochs<S extends object>(store: S): store is S & SessionEpochs {
  const { epoch, advanceEpoch } = store as Partial<SessionEpochs>;
  return typeof epoch === 'function' && typeof advanceEpoch === 'function';
}

/** Whether a store honours limits. */
export function hasLimits<S extends object>(store: S): store is S & SessionLimits {
  return (store as Partial<SessionLimits>).limitsSessions === true;
}

/** Whether a store can list all of its sessions. */
export function hasScan<S extends object>(store: S): store is S & SessionScan {
  return typeof (store as Partial<SessionScan>).scan === 'function';
}

/** Whether a store returns the expired records that it removes. */
export function claimsExpiry<S extends object>(store: S): store is S & ExpiryClaims {
  return typeof (store as Partial<ExpiryClaims>).claimExpired === 'function';
}

/** Whether a store passes notices between processes. */
export function hasNotices<S extends object>(store: S): store is S & StoreNotices {
  const { publish, subscribe } = store as Partial<StoreNotices>;
  return typeof publish === 'function' && typeof subscribe === 'function';
}

/** The class name of a store, for messages. */
export function labelOf(store: object): string {
  const name = (store.constructor as { readonly name?: unknown } | undefined)?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'the store';
}

/**
 * The error for a store that cannot do what an option or a method needs: `ERR_SESSION_CONFIG`. `need` names
 * the option or method, `methods` what the store lacks.
 */
export function missingPower(store: object, need: string, methods: string): SessionError {
  return new SessionError(
    'ERR_SESSION_CONFIG',
    `${need} needs a store with ${methods}; ${labelOf(store)} has none. Use a store of this package, such as LmdbSessionStore, or add it to yours.`,
  );
}

/** For a store that lacks a power only because of its options. */
export interface NoticesNeed {
  /** What `publish` and `subscribe` need, as the end of "needs ..."; `null` where the store has them. */
  readonly noticesNeed: string | null;
}

/** As {@link missingPower}, for a store without `StoreNotices`. `need` names the option or method. */
export function missingNotices(store: object, need: string): SessionError {
  const { noticesNeed } = store as Partial<NoticesNeed>;
  if (typeof noticesNeed !== 'string') return missingPower(store, need, 'publish() and subscribe()');
  return new SessionError('ERR_SESSION_CONFIG', `${need} needs ${noticesNeed}.`);
}
