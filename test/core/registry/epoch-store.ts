import { SessionStore, type SessionKey, type SessionPatch, type SessionRecord } from 'nest-session/http';
import { applyPatch, epochOf } from '../../../lib/core/store/session-record.js';
import {
  byNewest,
  type PrincipalIndex,
  type StoredSession,
  type WriteTerms,
} from '../../../lib/core/store/session-store.js';
import type { SessionEpochs, SessionPage, SessionScan } from '../../../lib/core/store/store-powers.js';

/** A store with an index, epochs and a scan whose cursors are keys. `beforeDelete` runs before each delete. */
export class EpochStore extends SessionStore implements PrincipalIndex, SessionEpochs, SessionScan {
  readonly records = new Map<SessionKey, SessionRecord>();
  readonly #epochs = new Map<string, number>();
  beforeDelete: (key: SessionKey) => unknown = () => undefined;

  load(key: SessionKey, realm?: string): SessionRecord | 'revoked' | null {
    const record = this.records.get(key);
    if (record === undefined) return null;
    return realm !== undefined && (record.epoch ?? 0) < this.#present(realm) ? 'revoked' : record;
  }
  create(key: SessionKey, record: SessionRecord, terms?: WriteTerms): 'created' | 'collision' {
    if (this.records.has(key)) return 'collision';
    this.records.set(key, terms === undefined ? record : this.#stamped(record, terms));
    return 'created';
  }
  patch(key: SessionKey, patch: SessionPatch): 'applied' | 'missing' | { conflict: SessionRecord } {
    const record = this.records.get(key);
    if (record === undefined) return 'missing';
    const patched = applyPatch(record, patch);
    if (patched === null) return { conflict: record };
    this.records.set(key, patched);
    return 'applied';
  }
  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    _: number | null,
    terms?: WriteTerms,
  ): 'applied' | 'missing' {
    const former = this.load(from, terms?.realm);
    if (former === null || former === 'revoked') return 'missing';
    this.records.delete(from);
    this.records.set(to, terms?.isLogin === true ? this.#stamped(record, terms) : record);
    return 'applied';
  }
  async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    await this.beforeDelete(key);
    return this.records.delete(key) ? 'deleted' : 'missing';
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<readonly StoredSession[]> {
    const own = this.#all().filter(({ record }) => record.principal === principal);
    return byNewest(own, at).slice(0, limit);
  }
  async deleteByPrincipal(): Promise<number> {
    throw new Error('not called');
  }
  async epoch(realm: string): Promise<number> {
    return this.#present(realm);
  }
  async advanceEpoch(realm: string): Promise<number> {
    const next = this.#present(realm) + 1;
    this.#epochs.set(realm, next);
    return next;
  }
  async scan(cursor: string | null, limit: number): Promise<SessionPage> {
    const sessions = this.#all()
      .sort((one, other) => (one.key < other.key ? -1 : 1))
      .filter(({ key }) => cursor === null || key > cursor)
      .slice(0, limit);
    return { sessions, cursor: sessions.length < limit ? null : sessions.at(-1)!.key };
  }

  #all(): StoredSession[] {
    return [...this.records].map(([key, record]) => ({ key, record }));
  }
  #present(realm: string): number {
    return this.#epochs.get(realm) ?? 0;
  }
  #stamped({ epoch: _, ...record }: SessionRecord, { realm }: WriteTerms): SessionRecord {
    return { ...record, ...epochOf({ epoch: this.#present(realm) }) };
  }
}
