import {
  type Awaitable,
  MemorySessionStore,
  SessionStore,
  type SessionKey,
  type SessionPatch,
  type SessionRecord,
} from 'nest-session';

type Operation = 'load' | 'create' | 'patch' | 'rekey' | 'delete';

/** Records the calls of another store. It can delay writes and throw errors. */
export class CountingStore extends SessionStore {
  calls: string[] = [];
  /** Awaited before each write. */
  beforeWrite: () => Promise<void> = async () => undefined;
  /** Thrown by the named operation. */
  failing: Partial<Record<Operation, Error>> = {};

  constructor(readonly inner: SessionStore = new MemorySessionStore()) {
    super();
  }

  async load(key: SessionKey) {
    this.#enter('load');
    return this.inner.load(key);
  }
  create(key: SessionKey, record: SessionRecord) {
    return this.#write('create', () => this.inner.create(key, record));
  }
  patch(key: SessionKey, patch: SessionPatch) {
    return this.#write('patch', () => this.inner.patch(key, patch));
  }
  rekey(from: SessionKey, to: SessionKey, record: SessionRecord, revision: number | null) {
    return this.#write('rekey', () => this.inner.rekey(from, to, record, revision));
  }
  delete(key: SessionKey) {
    return this.#write('delete', () => this.inner.delete(key));
  }

  async #write<T>(operation: Operation, write: () => Awaitable<T>): Promise<T> {
    this.#enter(operation);
    await this.beforeWrite();
    return write();
  }

  #enter(operation: Operation): void {
    this.calls.push(operation);
    const error = this.failing[operation];
    if (error !== undefined) throw error;
  }
}
