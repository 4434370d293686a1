import { type StoredSession, byNewest, type PrincipalIndex } from '../../core/store/session-store.js';
import type { SessionKey } from '../../core/session-id.js';
import type { SessionRecord } from '../../core/store/session-record.js';
import type { PrincipalEntries } from './principal-entries.js';
import { type RedisAccess, wordOf } from './redis-access.js';
import { FIELDS, textOf } from './redis-record.js';
import { REMOVE } from './redis-scripts.js';

type Load = (key: SessionKey) => Promise<SessionRecord | 'corrupt' | null>;

/** The sessions of a principal, told and ended by the entries of the index. */
export class PrincipalSessions implements PrincipalIndex {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;
  readonly #load: Load;

  constructor(access: RedisAccess, entries: PrincipalEntries, load: Load) {
    this.#access = access;
    this.#entries = entries;
    this.#load = load;
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    const filed: StoredSession[] = [];
    for (let seen = 0; filed.length < limit;) {
      const keys = await this.#entries.page(textOf(principal), at, seen);
      if (keys.length === 0) break;
      const records = await Promise.all(keys.map((key) => this.#load(key)));
      const gone = keys.filter((_, n) => records[n] === null);
      await this.#entries.strike(textOf(principal), gone);
      for (const [n, key] of keys.entries()) {
        const record = records[n];
        if (record == null || record === 'corrupt') continue;
        // Of another principal it keeps its entry: it may be just about to become this one's.
        if (record.principal === principal) filed.push({ key, record });
      }
      seen += keys.length - gone.length;
    }
    return byNewest(filed, at).slice(0, limit);
  }

  /**
   * Begins again until there was nothing left to remove: a session that moves to another key meanwhile is listed under
   * the new one before the old one goes, so that a listing always shows one of both.
   */
  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    let count = 0;
    for (;;) {
      const { removed, missing } = await this.#endAll(textOf(principal), keep);
      count += removed;
      if (removed + missing === 0) return count;
    }
  }

  async #endAll(principal: string, keep: SessionKey | null): Promise<{ removed: number; missing: number }> {
    const found = { removed: 0, missing: 0, kept: 0, conflict: 0 };
    for (;;) {
      const keys = await this.#entries.page(principal, null, found.kept + found.conflict);
      if (keys.length === 0) return found;
      const ends = keys.map(async (key) => (key === keep ? 'kept' : this.#end(key, principal)));
      const words = await Promise.all(ends);
      for (const word of words) found[word]++;
      // Also what was missing: it would be listed for ever.
      const gone = keys.filter((_, n) => words[n] === 'removed' || words[n] === 'missing');
      await this.#entries.strike(principal, gone);
    }
  }

  /** Removes a session where it still is this principal's. */
  async #end(key: SessionKey, principal: string): Promise<'removed' | 'missing' | 'conflict'> {
    const words = ['readable', FIELDS.principal, principal];
    return wordOf(await this.#access.run(REMOVE, [this.#access.sessionKey(key)], words));
  }
}
