import { timeoutError } from '../errors.js';
import type { SessionKey } from '../session-id.js';
import { asFailure } from '../store/guarded-store.js';
import { isPrincipalIndex, type StoredSession } from '../store/session-store.js';
import { hasEpochs, hasScan, missingPower, type SessionPage } from '../store/store-powers.js';
import type { Awaitable } from '../util/awaitable.js';
import { withDeadline } from '../util/deadline.js';
import type { RegistryParts } from './registry-parts.js';

/** What the store calls of a registry need. */
type StoreParts = Pick<RegistryParts, 'store' | 'givenStore' | 'storeTimeoutMs' | 'realm'>;

/**
 * The store calls of a registry. Whatever the store throws or rejects with, and a timeout, becomes
 * `ERR_SESSION_STORE`. `need` names the method of the registry in the error for a store that cannot do it.
 */
export class RegistryStore {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** The sessions of a scoped principal that have not expired at an instant, the newest first. */
  async list(need: string, principal: string, at: number, limit: number): Promise<readonly StoredSession[]> {
    const { store } = this.#parts;
    if (!isPrincipalIndex(store)) throw this.#missing(need, 'listByPrincipal() and deleteByPrincipal()');
    return this.#call('list', () => store.listByPrincipal(principal, at, limit));
  }

  /** The counter of the realm; 0 where the store has no epochs. */
  async epoch(): Promise<number> {
    const { store, realm } = this.#parts;
    return hasEpochs(store) ? this.#call('read the epoch of', () => store.epoch(realm)) : 0;
  }

  async advanceEpoch(need: string): Promise<number> {
    const { store, realm } = this.#parts;
    if (!hasEpochs(store)) throw this.#missing(need, 'epoch() and advanceEpoch()');
    return this.#call('advance the epoch of', () => store.advanceEpoch(realm));
  }

  /** One page of all sessions of the store. */
  async scan(need: string, cursor: string | null, limit: number): Promise<SessionPage> {
    const { store } = this.#parts;
    if (!hasScan(store)) throw this.#missing(need, 'scan()');
    return this.#call('scan', () => store.scan(cursor, limit));
  }

  /** Whether the store can list all of its sessions. */
  get canScan(): boolean {
    return hasScan(this.#parts.store);
  }

  /** Whether this call has removed the record. */
  async delete(key: SessionKey): Promise<boolean> {
    const result = await this.#call('delete', () => this.#parts.store.delete(key));
    return result === 'deleted';
  }

  #missing(need: string, methods: string): Error {
    return missingPower(this.#parts.givenStore, need, methods);
  }

  async #call<T>(operation: string, call: () => Awaitable<T>): Promise<T> {
    const { storeTimeoutMs } = this.#parts;
    try {
      const result = Promise.resolve(call());
      if (storeTimeoutMs === null) return await result;
      return await withDeadline(result, storeTimeoutMs, () => timeoutError(operation));
    } catch (cause) {
      throw asFailure(operation, cause);
    }
  }
}
