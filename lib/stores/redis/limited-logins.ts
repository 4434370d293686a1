import type { SessionKey } from '../../core/session-id.js';
import type { SessionRecord } from '../../core/store/session-record.js';
import type {
  Conflict,
  Evicted,
  PrincipalLimit,
  StoredSession,
  WriteTerms,
} from '../../core/store/session-store.js';
import { victimsOf } from '../../core/store/principal-limit.js';
import { KeyedQueue } from '../../core/util/keyed-queue.js';
import { claimSession, removeOf } from './claim-session.js';
import type { PrincipalEntries } from './principal-entries.js';
import type { RedisAccess } from './redis-access.js';
import type { RedisEpochs } from './redis-epochs.js';
import { textOf } from './redis-record.js';
import { REMOVE } from './redis-scripts.js';
import { isRecord, isRefused, type SessionReader } from './session-reader.js';
import { type Members, membersOf } from './index-members.js';
import { runCreate } from './session-writer.js';
import { createStamped, type Stamped } from './stamped-create.js';

/** The terms of a write with a limit, and the principal of its record. */
export interface LimitedTerms extends WriteTerms {
  readonly limit: PrincipalLimit;
  readonly principal: string;
}

/** The terms of a write if a limit applies to its record; else `null`. */
export function limitedTerms(
  { principal }: SessionRecord,
  terms: WriteTerms | undefined,
): LimitedTerms | null {
  const limit = terms?.limit ?? null;
  return terms === undefined || limit === null || principal === null ? null : { ...terms, limit, principal };
}

/** The session that a new one replaces, and the revision that it must have; `null` for any. */
export interface Source {
  readonly key: SessionKey;
  readonly revision: number | null;
}

/** A session that takes a place of its principal. */
interface Newcomer extends StoredSession, LimitedTerms {
  /** The session whose entry does not count. */
  readonly from: SessionKey | null;
  /** The present epoch of the realm. */
  readonly epoch: number;
}

/**
 * Creates and rekeys sessions of principals that have a limit, on one server and in a cluster.
 *
 * The index of the principal decides: one script counts its entries and adds the new one, so two sessions
 * never take the same place. While no place is free, sessions are evicted. A failure in between leaves one
 * session less than the limit, never one more.
 */
export class LimitedLogins {
  readonly #access: RedisAccess;
  readonly #entries: PrincipalEntries;
  readonly #epochs: RedisEpochs;
  readonly #reader: SessionReader;
  readonly #queue = new KeyedQueue();

  constructor(access: RedisAccess, entries: PrincipalEntries, epochs: RedisEpochs, reader: SessionReader) {
    this.#access = access;
    this.#entries = entries;
    this.#epochs = epochs;
    this.#reader = reader;
  }

  async create(
    key: SessionKey,
    record: SessionRecord,
    terms: LimitedTerms,
  ): Promise<'created' | 'collision' | 'limit' | Evicted> {
    const { result, epoch } = await this.#write(key, record, { ...terms, isLogin: true });
    if (result === 'collision') return result;
    const newcomer = { ...terms, key, record, epoch, from: null };
    return this.#queue.run(terms.principal, async () => {
      const admitted = await this.#admit<never>(newcomer, () => null);
      if (admitted !== 'limit') return outcomeOf('created', admitted);
      await this.#delete(key);
      return admitted;
    });
  }

  async rekey(
    source: Source,
    to: SessionKey,
    record: SessionRecord,
    terms: LimitedTerms,
  ): Promise<'applied' | 'missing' | 'collision' | 'limit' | Evicted | Conflict> {
    const { result, epoch } = await this.#write(to, record, terms);
    if (result === 'collision') return result;
    const newcomer = { ...terms, key: to, record, epoch, from: source.key };
    return this.#queue.run(terms.principal, () => this.#replace(source, newcomer));
  }

  async #replace(
    source: Source,
    newcomer: Newcomer,
  ): Promise<'applied' | 'missing' | 'limit' | Evicted | Conflict> {
    const { key, principal, epoch } = newcomer;
    const admitted = await this.#admit(newcomer, () => this.#refusalOf(source, epoch));
    if (admitted === 'limit' || admitted === 'missing' || 'conflict' in admitted) {
      await this.#delete(key);
      return admitted;
    }
    const claimed = await claimSession(this.#access, source.key, { revision: source.revision, epoch });
    if (typeof claimed === 'object' && 'former' in claimed) {
      if (claimed.former !== '') await this.#entries.remove(claimed.former, [source.key]);
      return outcomeOf('applied', admitted);
    }
    await this.#delete(key);
    await this.#entries.remove(textOf(principal), [key]);
    return claimed;
  }

  /** Writes the new record without an entry: nobody has its key yet. */
  async #write(key: SessionKey, record: SessionRecord, { realm, isLogin }: WriteTerms): Promise<Stamped> {
    if (isLogin) return createStamped(this.#access, this.#epochs, key, record, realm);
    const written = runCreate(this.#access, key, record);
    const [result, epoch] = await Promise.all([written, this.#epochs.present(realm)]);
    return { result, epoch };
  }

  /**
   * Adds the entry of the new session. Evicts others until there is a place for it, and returns them. Before
   * that, `refusal` finds out whether the write cannot succeed.
   */
  async #admit<R>(
    newcomer: Newcomer,
    refusal: () => Promise<R | null> | null,
  ): Promise<Evicted | 'limit' | R> {
    const { from } = newcomer;
    const evicted: StoredSession[] = [];
    let [gone, ignored]: (readonly SessionKey[])[] = [[], []];
    for (;;) {
      const members = await this.#entries.admit({
        ...newcomer,
        principal: textOf(newcomer.principal),
        gone: gone!,
        ignored: from === null ? ignored! : [...ignored!, from],
      });
      if (members === null) return { evicted };
      const [found, refused] = await Promise.all([this.#find(members, newcomer), refusal()]);
      if (refused !== null) return refused;
      const victims = victimsOf(found.live, newcomer.limit);
      if (victims === 'limit') return victims;
      evicted.push(...(await this.#evict(victims, newcomer)));
      // A victim that was missing has ended, or has got another key, which the next attempt finds.
      gone = [...found.gone, ...victims.map(({ key }) => key)];
      ignored = found.ignored;
    }
  }

  async #find(keys: readonly SessionKey[], newcomer: Newcomer): Promise<Members> {
    const loaded = await Promise.all(keys.map((key) => this.#reader.load(key)));
    return membersOf(keys, loaded, { ...newcomer, at: newcomer.limit.at });
  }

  /** Removes sessions, and returns those that this call has removed. */
  async #evict(victims: readonly StoredSession[], { principal }: Newcomer): Promise<StoredSession[]> {
    const results = await Promise.all(
      victims.map(({ key }) => removeOf(this.#access, key, textOf(principal))),
    );
    return victims.filter((_, n) => results[n] === 'removed');
  }

  /** Why a session cannot be replaced: no other session may be evicted for it then. `null` if it can be. */
  async #refusalOf({ key, revision }: Source, epoch: number): Promise<'missing' | Conflict | null> {
    const record = await this.#reader.load(key);
    if (!isRecord(record) || isRefused(record, epoch)) return 'missing';
    return revision === null || record.revision === revision ? null : { conflict: record };
  }

  async #delete(key: SessionKey): Promise<void> {
    await this.#access.run(REMOVE, [this.#access.sessionKey(key)], []);
  }
}

const outcomeOf = <W extends string>(word: W, admitted: Evicted): W | Evicted =>
  admitted.evicted.length > 0 ? admitted : word;
