import {
  applyPatch,
  decodeRecord,
  encodeRecord,
  SessionStore,
  type Conflict,
  type SessionKey,
  type SessionPatch,
  type SessionRecord,
} from 'nest-session';

export class MySessionStore extends SessionStore {
  readonly #texts = new Map<SessionKey, string>();

  load(key: SessionKey): SessionRecord | 'corrupt' | null {
    const text = this.#texts.get(key);
    return text === undefined ? null : (decodeRecord(text) ?? 'corrupt');
  }

  create(key: SessionKey, record: SessionRecord): 'created' | 'collision' {
    if (this.#texts.has(key)) return 'collision';
    this.#texts.set(key, encodeRecord(record));
    return 'created';
  }

  patch(key: SessionKey, patch: SessionPatch): 'applied' | 'missing' | Conflict {
    const record = this.load(key);
    if (record === null || record === 'corrupt') return 'missing';
    const next = applyPatch(record, patch);
    if (next === null) return { conflict: record };
    this.#texts.set(key, encodeRecord(next));
    return 'applied';
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): 'applied' | 'missing' | 'collision' | Conflict {
    const former = this.load(from);
    if (former === null || former === 'corrupt') return 'missing';
    if (revision !== null && former.revision !== revision) return { conflict: former };
    if (this.#texts.has(to)) return 'collision';
    this.#texts.delete(from);
    this.#texts.set(to, encodeRecord(record));
    return 'applied';
  }

  delete(key: SessionKey): 'deleted' | 'missing' {
    return this.#texts.delete(key) ? 'deleted' : 'missing';
  }
}
