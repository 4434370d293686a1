import type { SessionKey } from '../../core/session-id.js';
import type { PrincipalLimit, StoredSession } from '../../core/store/session-store.js';
import type { SessionPatch } from '../../core/store/session-record.js';
import { ADMIT, INDEX, LIST } from './index-scripts.js';
import { type RedisAccess, wordOf } from './redis-access.js';

/** Members per call. */
const PAGE = 100;

/**
 * Index of sessions by principal: one sorted set of keys per principal, ordered by expiry. Principals are
 * encoded by `textOf`.
 *
 * A member without a session is harmless: a listing removes it, and a later member of the set removes it one
 * day after its expiry. A session without a member could not be listed. Therefore a member is added before
 * its session is used, and removed after its session is deleted.
 */
export class PrincipalEntries {
  readonly #access: RedisAccess;

  constructor(access: RedisAccess) {
    this.#access = access;
  }

  /** Adds a session. */
  async add(principal: string, key: SessionKey, times: Times): Promise<void> {
    await this.#index(principal, key, times, 'add');
  }

  /** Moves a session to a later expiry. Resolves with whether the index contained it. */
  async move(principal: string, key: SessionKey, times: Times): Promise<boolean> {
    return (await this.#index(principal, key, times, 'move')) === 'listed';
  }

  async remove(principal: string, keys: readonly SessionKey[]): Promise<void> {
    if (keys.length === 0) return;
    const index = this.#access.indexKey(principal);
    await this.#access.send('zrem', [index, ...keys], index);
  }

  /**
   * Adds a session if fewer entries than the limit count: those that have not expired. Otherwise resolves
   * with these entries; with `null` when the session was added.
   */
  async admit({ key, record, principal, limit, gone, ignored }: LimitedEntry): Promise<SessionKey[] | null> {
    const { expiresAt, touchedAt } = record;
    const numbers = [expiresAt, touchedAt, limit.at, limit.most, gone.length].map(String);
    const index = this.#access.indexKey(principal);
    const [word, ...counted] = await this.#access.run(ADMIT, [index], [key, ...numbers, ...gone, ...ignored]);
    return String(word) === 'admitted' ? null : counted.map((member) => String(member) as SessionKey);
  }

  /** Members after the first `skip`, latest expiry first. With `at`, only those that expire later. */
  async page(principal: string, at: number | null, skip: number): Promise<SessionKey[]> {
    const args = [at === null ? '-inf' : `(${at}`, String(skip), String(PAGE)];
    const members = await this.#access.run(LIST, [this.#access.indexKey(principal)], args);
    return members.map((member) => String(member) as SessionKey);
  }

  async #index(principal: string, key: SessionKey, times: Times, how: 'add' | 'move'): Promise<string> {
    const args = [key, String(times.expiresAt), String(times.touchedAt), how];
    return wordOf(await this.#access.run(INDEX, [this.#access.indexKey(principal)], args));
  }
}

/** An entry that is added while fewer than a limit count. */
export interface LimitedEntry extends StoredSession {
  readonly principal: string;
  readonly limit: PrincipalLimit;
  /** Entries without a session, which are removed. */
  readonly gone: readonly SessionKey[];
  /** Entries that do not count. */
  readonly ignored: readonly SessionKey[];
}

type Times = Pick<SessionPatch, 'touchedAt' | 'expiresAt'>;
