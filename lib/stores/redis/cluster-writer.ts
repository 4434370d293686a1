import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { Conflict, WriteTerms } from '../../core/store/session-store.js';
import { claimSession } from './claim-session.js';
import type { PrincipalEntries } from './principal-entries.js';
import { type RedisAccess, resultOf } from './redis-access.js';
import type { RedisEpochs } from './redis-epochs.js';
import { type SessionWriter, runCreate, runPatch } from './session-writer.js';
import { createStamped, type Stamped } from './stamped-create.js';
import { textOf } from './redis-record.js';
import { REMOVE } from './redis-scripts.js';

/**
 * Writes sessions in a cluster, where no command can change keys in two slots atomically.
 *
 * Each session changes atomically. Its index entry changes in an order that is safe at any interruption: the
 * entry is added before the session can be used, and removed after the session is deleted.
 */
export class ClusterWriter implements SessionWriter {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;
  readonly #epochs: RedisEpochs;

  constructor(access: RedisAccess, entries: PrincipalEntries, epochs: RedisEpochs) {
    this.#access = access;
    this.#entries = entries;
    this.#epochs = epochs;
  }

  async create(key: SessionKey, record: SessionRecord, terms?: WriteTerms): Promise<'created' | 'collision'> {
    const { result } = await this.#write(key, record, terms?.realm);
    if (result === 'created') await this.#list(key, record);
    return result;
  }

  async patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    const { from, to } = patch.principal;
    const [former, next] = [textOf(from), textOf(to)];
    if (to !== null && to !== from) await this.#entries.add(next, key, patch);
    const [reply, isListed] = await Promise.all([
      runPatch(this.#access, key, patch),
      to === null || to !== from || this.#entries.move(next, key, patch),
    ]);
    const result = resultOf<'applied'>(reply);
    if (result === 'applied') {
      // The server has evicted the index because memory is low.
      if (!isListed) await this.#entries.add(next, key, patch);
      if (from !== null && from !== to) await this.#entries.remove(former, [key]);
    }
    // After a conflict the new entry stays: it may belong to another request that logged in the same user.
    if (result === 'missing' && to !== null && to !== from) await this.#entries.remove(next, [key]);
    return result;
  }

  /** Creates the new record before it deletes the old one, so `deleteByPrincipal` finds one of them. */
  async rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    const { realm, isLogin = false } = terms ?? {};
    const [{ result, epoch }, recent] = await Promise.all([
      this.#write(to, record, isLogin ? realm : undefined),
      isLogin || realm === undefined ? 0 : this.#epochs.recent(realm),
    ]);
    if (result === 'collision') return result;
    await this.#list(to, record);
    const claimed = await claimSession(this.#access, from, { revision, epoch: Math.max(epoch, recent) });
    if (typeof claimed === 'object' && 'former' in claimed) {
      if (claimed.former !== '') await this.#entries.remove(claimed.former, [from]);
      return 'applied';
    }
    await this.#access.run(REMOVE, [this.#access.sessionKey(to)], []);
    if (record.principal !== null) await this.#entries.remove(textOf(record.principal), [to]);
    return claimed;
  }

  /** Creates a record without an entry; with a realm, with its epoch. */
  async #write(key: SessionKey, record: SessionRecord, realm: string | undefined): Promise<Stamped> {
    if (realm !== undefined) return createStamped(this.#access, this.#epochs, key, record, realm);
    return { result: await runCreate(this.#access, key, record), epoch: 0 };
  }

  async #list(key: SessionKey, { principal, ...times }: SessionRecord): Promise<void> {
    if (principal !== null) await this.#entries.add(textOf(principal), key, times);
  }
}
