import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { Conflict, WriteTerms } from '../../core/store/session-store.js';
import type { PrincipalEntries } from './principal-entries.js';
import { type RedisAccess, resultOf, wordOf } from './redis-access.js';
import { entryArguments, type SessionWriter, runCreate, runPatch } from './session-writer.js';
import { encodeFields, textOf } from './redis-record.js';
import { REKEY, REKEY_CHECKED, REKEY_STAMPED } from './redis-scripts.js';

/** Writes sessions on one server, where a session and its index entries change in one atomic step. */
export class SingleServerWriter implements SessionWriter {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;

  constructor(access: RedisAccess, entries: PrincipalEntries) {
    this.#access = access;
    this.#entries = entries;
  }

  create(key: SessionKey, record: SessionRecord, terms?: WriteTerms): Promise<'created' | 'collision'> {
    return runCreate(this.#access, key, record, {
      index: this.#indexOf(record.principal),
      epoch: this.#epochOf(terms),
    });
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
    terms?: WriteTerms,
  ): Promise<'applied' | 'missing' | 'collision' | Conflict> {
    const [index, epoch] = [this.#indexOf(record.principal), this.#epochOf(terms)];
    const keys = [this.#access.sessionKey(from), this.#access.sessionKey(to)];
    if (epoch !== null) keys.push(epoch);
    if (index !== null) keys.push(index);
    const isLogin = terms?.isLogin === true;
    const fields = isLogin ? encodeFields(record, 0) : encodeFields(record);
    const expected = revision === null ? '' : String(revision);
    const args = [...entryArguments(this.#access, to, record), from, expected, ...fields];
    const script = epoch === null ? REKEY : isLogin ? REKEY_STAMPED : REKEY_CHECKED;
    const reply = await this.#access.run(script, keys, args);
    const former = wordOf(reply) === 'applied' ? String(reply[1]) : '';
    // The former principal is known only after the script, and a script must declare its keys beforehand.
    if (former !== '' && former !== textOf(record.principal)) await this.#entries.remove(former, [from]);
    return resultOf<'applied' | 'collision'>(reply);
  }

  #indexOf(principal: string | null): string | null {
    return principal === null ? null : this.#access.indexKey(textOf(principal));
  }

  #epochOf(terms: WriteTerms | undefined): string | null {
    return terms === undefined ? null : this.#access.epochKey(terms.realm);
  }
}
