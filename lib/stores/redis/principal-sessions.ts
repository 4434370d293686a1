import { type StoredSession, byNewest, type PrincipalIndex } from '../../core/store/session-store.js';
import type { SessionKey } from '../../core/session-id.js';
import type { PrincipalEntries } from './principal-entries.js';
import { removeOf } from './claim-session.js';
import type { RedisAccess } from './redis-access.js';
import { textOf } from './redis-record.js';
import { isRecord, type Loaded } from './session-reader.js';

type Load = (key: SessionKey) => Promise<Loaded>;

/** Lists and deletes the sessions of a principal, by the entries of the index. */
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
    const sessions: StoredSession[] = [];
    for (let seen = 0; sessions.length < limit;) {
      const keys = await this.#entries.page(textOf(principal), at, seen);
      if (keys.length === 0) break;
      const records = await Promise.all(keys.map((key) => this.#load(key)));
      const gone = keys.filter((_, n) => records[n] === null);
      await this.#entries.remove(textOf(principal), gone);
      for (const [n, key] of keys.entries()) {
        const record = records[n];
        // The entry of another principal's session stays: the session may be about to change to this
        // principal.
        if (isRecord(record) && record.principal === principal) sessions.push({ key, record });
      }
      seen += keys.length - gone.length;
    }
    return byNewest(sessions, at).slice(0, limit);
  }

  /**
   * Repeats until nothing is left to delete. During a rekey the new key is added to the index before the old
   * one is removed, so each pass finds one of them.
   */
  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    let count = 0;
    for (;;) {
      const { removed, missing } = await this.#deleteAll(textOf(principal), keep);
      count += removed;
      if (removed + missing === 0) return count;
    }
  }

  async #deleteAll(
    principal: string,
    keep: SessionKey | null,
  ): Promise<{ removed: number; missing: number }> {
    const counts = { removed: 0, missing: 0, kept: 0, conflict: 0 };
    for (;;) {
      const keys = await this.#entries.page(principal, null, counts.kept + counts.conflict);
      if (keys.length === 0) return counts;
      const results = await Promise.all(
        keys.map(async (key) => (key === keep ? 'kept' : removeOf(this.#access, key, principal))),
      );
      for (const result of results) counts[result]++;
      // Entries without a session too, or the next pass would find them again.
      const gone = keys.filter((_, n) => results[n] === 'removed' || results[n] === 'missing');
      await this.#entries.remove(principal, gone);
    }
  }
}
