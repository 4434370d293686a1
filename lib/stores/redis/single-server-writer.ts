import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { Conflict } from '../../core/store/session-store.js';
import type { PrincipalEntries } from './principal-entries.js';
import { outcomeOf, type RedisAccess, wordOf } from './redis-access.js';
import { entryWords, type SessionWriter, runCreate, runPatch } from './session-writer.js';
import { encodeFields, textOf } from './redis-record.js';
import { REKEY } from './redis-scripts.js';

/** Writes where one server has all keys: a session and its entries in the index change in one step. */
export class SingleServerWriter implements SessionWriter {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;

  constructor(access: RedisAccess, entries: PrincipalEntries) {
    this.#access = access;
    this.#entries = entries;
  }

  create(key: SessionKey, record: SessionRecord): Promise<'created' | 'collision'> {
    return runCreate(this.#access, key, record, this.#indexOf(record.principal));
  }

  async patch(key: SessionKey, patch: SessionPatch): Promise<'applied' | 'missing' | Conflict> {
    const { from, to } = patch.principal;
    const indexes = { entered: this.#indexOf(to), left: from === to ? null : this.#indexOf(from) };
    return outcomeOf<'applied'>(await runPatch(this.#access, key, patch, indexes));
  }

  async rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    const index = this.#indexOf(record.principal);
    const keys = [this.#access.sessionKey(from), this.#access.sessionKey(to)];
    if (index !== null) keys.push(index);
    const insisted = revision === null ? '' : String(revision);
    const words = [...entryWords(to, record), from, insisted, ...encodeFields(record)];
    const answer = await this.#access.run(REKEY, keys, words);
    const former = wordOf(answer) === 'applied' ? String(answer[1]) : '';
    // Another principal than the new one is known only now, and a script must name its keys before.
    if (former !== '' && former !== textOf(record.principal)) await this.#entries.strike(former, [from]);
    return outcomeOf<'applied' | 'collision'>(answer);
  }

  #indexOf(principal: string | null): string | null {
    return principal === null ? null : this.#access.indexKey(textOf(principal));
  }
}
