import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { Conflict } from '../../core/store/session-store.js';
import type { PrincipalEntries } from './principal-entries.js';
import { outcomeOf, type RedisAccess, wordOf } from './redis-access.js';
import { type SessionWriter, runCreate, runPatch } from './session-writer.js';
import { FIELDS, textOf } from './redis-record.js';
import { REMOVE } from './redis-scripts.js';

/**
 * Writes where keys lie on many servers, none of which can change two of them in one step.
 *
 * Each session is changed in one step, and what else belongs to it in an order that does no harm wherever it stops: a
 * session is listed before anyone knows its id, and is struck off after it is gone.
 */
export class ClusterWriter implements SessionWriter {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;

  constructor(access: RedisAccess, entries: PrincipalEntries) {
    this.#access = access;
    this.#entries = entries;
  }

  async create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    const word = await runCreate(this.#access, key, record, null);
    if (word === 'created' && record.principal !== null)
      await this.#entries.add(textOf(record.principal), key, record);
    return word;
  }

  async patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    const { from, to } = patch.principal;
    const [former, next] = [textOf(from), textOf(to)];
    if (to !== null && to !== from) await this.#entries.add(next, key, patch);
    const [answer, isListed] = await Promise.all([
      runPatch(this.#access, key, patch),
      to === null || to !== from || this.#entries.move(next, key, patch),
    ]);
    const outcome = outcomeOf<'applied'>(answer);
    if (outcome === 'applied') {
      // The server let go of the index, where memory is short.
      if (!isListed) await this.#entries.add(next, key, patch);
      if (from !== null && from !== to) await this.#entries.strike(former, [key]);
    }
    // At a conflict the new entry stays: it may be that of another request, which logged in the same user.
    if (outcome === 'missing' && to !== null && to !== from) await this.#entries.strike(next, [key]);
    return outcome;
  }

  /** The new record is there, and listed, before the old one is claimed: who ends all sessions meets one of them at least. */
  async rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    if ((await this.create(to, record)) === 'collision') return 'collision';
    const insisted = revision === null ? [] : [FIELDS.revision, String(revision)];
    const answer = await this.#access.run(REMOVE, [this.#access.sessionKey(from)], ['readable', ...insisted]);
    if (wordOf(answer) === 'removed') {
      const former = String(answer[1]);
      if (former !== '') await this.#entries.strike(former, [from]);
      return 'applied';
    }
    await this.#access.run(REMOVE, [this.#access.sessionKey(to)], []);
    if (record.principal !== null) await this.#entries.strike(textOf(record.principal), [to]);
    return outcomeOf<'missing'>(answer);
  }
}
