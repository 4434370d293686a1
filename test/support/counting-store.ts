import { MemorySessionStore, type SessionKey, type SessionPatch, type SessionRecord } from 'nest-session';

/** A memory store that writes down which of its operations were called, and can be slow or broken. */
export class CountingStore extends MemorySessionStore {
  calls: string[] = [];
  /** Awaited before each write. */
  beforeWrite: () => Promise<void> = async () => undefined;
  /** Thrown by the named operation. */
  failing: Partial<Record<'load' | 'create' | 'patch' | 'rekey' | 'delete', Error>> = {};

  override async load(key: SessionKey) {
    this.#enter('load');
    return super.load(key);
  }
  override async create(key: SessionKey, record: SessionRecord) {
    this.#enter('create');
    await this.beforeWrite();
    return super.create(key, record);
  }
  override async patch(key: SessionKey, patch: SessionPatch) {
    this.#enter('patch');
    await this.beforeWrite();
    return super.patch(key, patch);
  }
  override async rekey(from: SessionKey, to: SessionKey, record: SessionRecord) {
    this.#enter('rekey');
    await this.beforeWrite();
    return super.rekey(from, to, record);
  }
  override async delete(key: SessionKey) {
    this.#enter('delete');
    await this.beforeWrite();
    return super.delete(key);
  }

  #enter(operation: keyof CountingStore['failing']): void {
    this.calls.push(operation);
    const error = this.failing[operation];
    if (error !== undefined) throw error;
  }
}
