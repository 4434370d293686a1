import { MemorySessionStore, type SessionKey, type SessionRecord } from 'nest-session/http';

/** A memory store whose deletes take a turn, and run `beforeDelete` first. */
export class SlowStore extends MemorySessionStore {
  beforeDelete: (key: SessionKey) => unknown = () => undefined;

  override async delete(key: SessionKey): Promise<'deleted' | 'missing'> {
    await this.beforeDelete(key);
    return super.delete(key);
  }

  /** All keys, in order. */
  async keys(): Promise<SessionKey[]> {
    return (await this.scan(null, this.size + 1)).sessions.map(({ key }) => key);
  }

  /** The record of a key that the store holds. */
  record(key: SessionKey): SessionRecord {
    return this.load(key) as SessionRecord;
  }
}
