import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { Conflict } from '../../core/store/session-store.js';
import type { PrincipalEntries } from './principal-entries.js';
import { type RedisAccess, resultOf, wordOf } from './redis-access.js';
import { type SessionWriter, runCreate, runPatch } from './session-writer.js';
import { FIELDS, textOf } from './redis-record.js';
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

  constructor(access: RedisAccess, entries: PrincipalEntries) {
    this.#access = access;
    this.#entries = entries;
  }

  async create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    const result = await runCreate(this.#access, key, record, null);
    if (result === 'created' && record.principal !== null)
      await this.#entries.add(textOf(record.principal), key, record);
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
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    if ((await this.create(to, record)) === 'collision') return 'collision';
    const condition = revision === null ? [] : [FIELDS.revision, String(revision)];
    const reply = await this.#access.run(REMOVE, [this.#access.sessionKey(from)], ['readable', ...condition]);
    if (wordOf(reply) === 'removed') {
      const former = String(reply[1]);
      if (former !== '') await this.#entries.remove(former, [from]);
      return 'applied';
    }
    await this.#access.run(REMOVE, [this.#access.sessionKey(to)], []);
    if (record.principal !== null) await this.#entries.remove(textOf(record.principal), [to]);
    return resultOf<'missing'>(reply);
  }
}
