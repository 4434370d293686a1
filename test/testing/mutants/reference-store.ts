import {
  applyPatch,
  SessionStore,
  type Conflict,
  type ExpirySweeper,
  type StoredSession,
  type PrincipalIndex,
  type SessionKey,
  type SessionPatch,
  type SessionRecord,
} from 'nest-session';
import { victimsOf } from '../../../lib/core/store/principal-limit.js';
import type { Evicted, WriteTerms } from '../../../lib/core/store/session-store.js';
import type {
  ExpiryClaims,
  SessionEpochs,
  SessionLimits,
  SessionPage,
  SessionScan,
  StoreNotices,
} from '../../../lib/core/store/store-powers.js';
import { LocalNotices } from '../../../lib/stores/memory/local-notices.js';

/**
 * The smallest store that keeps every promise: a Map, and each operation in one turn of the event loop. Mutants override
 * one of its methods.
 */
export class ReferenceStore
  extends SessionStore
  implements
    ExpirySweeper,
    ExpiryClaims,
    PrincipalIndex,
    SessionEpochs,
    SessionLimits,
    SessionScan,
    StoreNotices
{
  readonly limitsSessions = true;
  readonly records = new Map<SessionKey, SessionRecord | 'corrupt'>();
  readonly epochs = new Map<string, number>();
  /** Instances of one place share it. */
  notices = new LocalNotices();

  async load(key: SessionKey, realm?: string): Promise<SessionRecord | 'corrupt' | 'revoked' | null> {
    const record = this.records.get(key) ?? null;
    if (record === null || record === 'corrupt') return record;
    return this.refuses(record, realm) ? 'revoked' : record;
  }

  async create(
    key: SessionKey,
    record: SessionRecord,
    terms?: WriteTerms,
  ): Promise<'created' | 'collision' | 'limit' | Evicted> {
    if (this.records.has(key)) return 'collision';
    const victims = this.victims(record, null, terms);
    if (victims === 'limit') return 'limit';
    this.write(key, this.stamped(record, terms?.realm));
    return this.evict(victims) ?? 'created';
  }

  async patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    const record = this.readable(key);
    if (record === null) return 'missing';
    const next = this.patched(record, patch);
    if (next === null) return { conflict: record };
    this.write(key, next);
    return 'applied';
  }

  async rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): Promise<'applied' | 'missing' | 'collision' | 'limit' | Evicted | Conflict> {
    const former = this.readable(from);
    if (former === null || this.refuses(former, terms?.realm)) return 'missing';
    if (revision !== null && former.revision !== revision) return { conflict: former };
    if (this.records.has(to)) return 'collision';
    const victims = this.victims(record, from, terms);
    if (victims === 'limit') return 'limit';
    this.records.delete(from);
    this.write(to, this.stamped(record, terms?.isLogin === true ? terms.realm : undefined));
    return this.evict(victims) ?? 'applied';
  }

  async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.records.delete(key) ? 'deleted' : 'missing';
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    const expired = this.expired(before).slice(0, limit);
    for (const key of expired) this.records.delete(key);
    return expired.length;
  }

  async claimExpired(before: number, limit: number): Promise<StoredSession[]> {
    const expired = new Set(this.expired(before).slice(0, limit));
    const claimed = this.stored().filter(({ key }) => expired.has(key));
    for (const key of expired) this.records.delete(key);
    return claimed;
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.stored()
      .filter(({ record }) => record.principal === principal && record.expiresAt > at)
      .sort((one, other) => other.record.createdAt - one.record.createdAt)
      .slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const matching = this.stored().filter(
      ({ key, record }) => key !== keep && record.principal === principal,
    );
    for (const { key } of matching) this.records.delete(key);
    return matching.length;
  }

  async epoch(realm: string): Promise<number> {
    return this.epochs.get(realm) ?? 0;
  }

  async advanceEpoch(realm: string): Promise<number> {
    const next = (this.epochs.get(realm) ?? 0) + 1;
    this.epochs.set(realm, next);
    return next;
  }

  async scan(cursor: string | null, limit: number): Promise<SessionPage> {
    const sessions = this.stored()
      .filter(({ key }) => cursor === null || key > cursor)
      .sort((one, other) => (one.key < other.key ? -1 : 1));
    const page = sessions.slice(0, limit);
    return { sessions: page, cursor: sessions.length > limit ? page.at(-1)!.key : null };
  }

  async publish(notice: string): Promise<void> {
    await this.notices.publish(notice);
  }

  subscribe(onNotice: (notice: string | null) => void): () => Promise<void> {
    return this.notices.subscribe(onNotice);
  }

  /** Whether the epoch of a realm refuses a record. */
  refuses({ epoch = 0 }: SessionRecord, realm: string | undefined): boolean {
    return realm !== undefined && epoch < (this.epochs.get(realm) ?? 0);
  }

  /** A copy of a record with the present epoch of a realm. */
  stamped(record: SessionRecord, realm: string | undefined): SessionRecord {
    const { epoch: former, ...rest } = copyOf(record);
    const epoch = realm === undefined ? (former ?? 0) : (this.epochs.get(realm) ?? 0);
    return epoch === 0 ? rest : { ...rest, epoch };
  }

  /** The sessions that must end for a new one. */
  victims(
    { principal }: SessionRecord,
    from: SessionKey | null,
    terms: WriteTerms | undefined,
  ): readonly StoredSession[] | 'limit' {
    if (terms === undefined || terms.limit === null) return [];
    const { limit, realm } = terms;
    return victimsOf(
      this.stored().filter(
        ({ key, record }) =>
          key !== from &&
          record.principal === principal &&
          record.expiresAt > limit.at &&
          !this.refuses(record, realm),
      ),
      limit,
    );
  }

  /** Removes sessions; `null` if there are none. */
  evict(victims: readonly StoredSession[]): Evicted | null {
    const evicted = victims.filter(({ key }) => this.records.delete(key));
    return evicted.length === 0 ? null : { evicted };
  }

  /** Every write calls this method. */
  write(key: SessionKey, record: SessionRecord): void {
    this.records.set(key, record);
  }

  /** The record after a patch; `null` for a conflict. */
  patched(record: SessionRecord, patch: SessionPatch): SessionRecord | null {
    return applyPatch(record, patch);
  }

  readable(key: SessionKey): SessionRecord | null {
    const record = this.records.get(key);
    return record === undefined || record === 'corrupt' ? null : record;
  }

  expired(before: number): SessionKey[] {
    return this.stored()
      .filter(({ record }) => record.expiresAt <= before)
      .map(({ key }) => key);
  }

  stored(): StoredSession[] {
    return [...this.records].flatMap(([key, record]) => (record === 'corrupt' ? [] : [{ key, record }]));
  }
}

/** A deep copy of a record. */
export function copyOf(record: SessionRecord): SessionRecord {
  return { ...record, attributes: new Map(record.attributes) };
}

/** Stands for a message to a server: other operations run meanwhile. */
export function roundTrip(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Further instances of a reference store or of a mutant, for the tests of notices. */
export const INSTANCES = {
  same: (store: SessionStore): SessionStore => {
    const another = instanceLike(store);
    another.notices = (store as ReferenceStore).notices;
    return another;
  },
  other: (store: SessionStore): SessionStore => instanceLike(store),
};

const instanceLike = (store: SessionStore): ReferenceStore =>
  new (store.constructor as new () => ReferenceStore)();
