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
    this.file(key, copyOf(record));
    return 'created';
  }

  async patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    const record = this.readable(key);
    if (record === null) return 'missing';
    const next = this.patched(record, patch);
    if (next === null) return { conflict: record };
    this.file(key, next);
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
    this.file(to, copyOf(record));
    return 'applied';
  }

  async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    return this.records.delete(key) ? 'deleted' : 'missing';
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    const over = this.expired(before).slice(0, limit);
    for (const key of over) this.records.delete(key);
    return over.length;
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return this.filed()
      .filter(({ record }) => record.principal === principal && record.expiresAt > at)
      .sort((one, other) => other.record.createdAt - one.record.createdAt)
      .slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const filed = this.filed().filter(({ key, record }) => key !== keep && record.principal === principal);
    for (const { key } of filed) this.records.delete(key);
    return filed.length;
  }

  /** All that is filed comes through here. */
  file(key: SessionKey, record: SessionRecord): void {
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
    return this.filed()
      .filter(({ record }) => record.expiresAt <= before)
      .map(({ key }) => key);
  }

  filed(): StoredSession[] {
    return [...this.records].flatMap(([key, record]) => (record === 'corrupt' ? [] : [{ key, record }]));
  }
}

/** A record that shares nothing with another. */
export function copyOf(record: SessionRecord): SessionRecord {
  return { ...record, attributes: new Map(record.attributes) };
}

/** The time that a message to a server takes: others get in between. */
export function aMoment(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
