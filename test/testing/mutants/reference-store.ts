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

/**
 * The smallest store that keeps every promise: a Map, and each operation in one turn of the event loop. Mutants override
 * one of its methods.
 */
export class ReferenceStore extends SessionStore implements ExpirySweeper, PrincipalIndex {
  readonly records = new Map<SessionKey, SessionRecord | 'corrupt'>();

  async load(key: SessionKey): Promise<SessionRecord | 'corrupt' | null> {
    return this.records.get(key) ?? null;
  }

  async create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    if (this.records.has(key)) return 'collision';
    this.write(key, copyOf(record));
    return 'created';
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
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    const former = this.readable(from);
    if (former === null) return 'missing';
    if (revision !== null && former.revision !== revision) return { conflict: former };
    if (this.records.has(to)) return 'collision';
    this.records.delete(from);
    this.write(to, copyOf(record));
    return 'applied';
  }

  async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.records.delete(key) ? 'deleted' : 'missing';
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    const expired = this.expired(before).slice(0, limit);
    for (const key of expired) this.records.delete(key);
    return expired.length;
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
