import { MemorySessionStore, type SessionKey } from 'nest-session/http';

type Store = MemorySessionStore;

/** A memory store with promises, some of whose calls fail, and some of whose records cannot be read. */
export class FailingStore extends MemorySessionStore {
  /** Decides the fate of one call. */
  fate: () => 'works' | 'fails' | 'is corrupt' = () => 'works';

  override load(key: SessionKey): Promise<null>;
  override load(key: SessionKey, realm?: string): Promise<null>;
  override async load(key: SessionKey, realm?: string): Promise<null> {
    return (await this.#call(() => super.load(key, realm), 'corrupt' as never)) as null;
  }
  override async create(...args: Parameters<Store['create']>) {
    return this.#call(() => super.create(...args));
  }
  override async patch(...args: Parameters<Store['patch']>) {
    return this.#call(() => super.patch(...args));
  }
  override async rekey(...args: Parameters<Store['rekey']>) {
    return this.#call(() => super.rekey(...args));
  }
  override async delete(...args: Parameters<Store['delete']>) {
    return this.#call(() => super.delete(...args));
  }

  async #call<T>(call: () => T, corrupt?: T): Promise<Awaited<T>> {
    const fate = this.fate();
    if (fate === 'fails') throw new Error('The database is down.');
    return await (fate === 'is corrupt' && corrupt !== undefined ? corrupt : call());
  }
}
