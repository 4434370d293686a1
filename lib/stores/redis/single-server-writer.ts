import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { Conflict } from '../../core/store/session-store.js';
import type { PrincipalEntries } from './principal-entries.js';
import { type RedisAccess, resultOf, wordOf } from './redis-access.js';
import { entryArguments, type SessionWriter, runCreate, runPatch } from './session-writer.js';
import { encodeFields, textOf } from './redis-record.js';
import { REKEY } from './redis-scripts.js';

/** Writes sessions on one server, where a session and its index entries change in one atomic step. */
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
    return resultOf<'applied'>(await runPatch(this.#access, key, patch, indexes));
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
    const expected = revision === null ? '' : String(revision);
    const args = [...entryArguments(to, record), from, expected, ...encodeFields(record)];
    const reply = await this.#access.run(REKEY, keys, args);
    const former = wordOf(reply) === 'applied' ? String(reply[1]) : '';
    // The former principal is known only after the script, and a script must declare its keys beforehand.
    if (former !== '' && former !== textOf(record.principal)) await this.#entries.remove(former, [from]);
    return resultOf<'applied' | 'collision'>(reply);
  }

  #indexOf(principal: string | null): string | null {
    return principal === null ? null : this.#access.indexKey(textOf(principal));
  }
}
