import type { SessionKey } from '../../core/session-id.js';
import { victimsOf } from '../../core/store/principal-limit.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { StoredSession, WriteTerms } from '../../core/store/session-store.js';
import { Entry, growthOf, sizeOf } from './entry.js';
import { EpochStamps } from './epoch-stamps.js';
import { makeRoom, RecentEntries } from './evict.js';
import { ExpiredSessions } from './expiry.js';
import type { MemoryStoreOptions } from './memory-options.js';
import { NameLists } from './packed-texts.js';
import { PrincipalKeys } from './principal-keys.js';

/**
 * The entries of a `MemorySessionStore`, with all that is counted and indexed for them, within its limits.
 */
export class SessionTable {
  readonly entries = new Map<SessionKey, Entry>();
  readonly expired = new ExpiredSessions(this.entries, (key) => this.drop(key));
  readonly principals = new PrincipalKeys();
  readonly epochs = new EpochStamps();
  readonly #lists = new NameLists();
  readonly #recent = new RecentEntries();
  readonly #limits: Required<MemoryStoreOptions>;
  /** Size of all entries. */
  bytes = 0;
  evicted = 0;
  #uses = 0;
  /** Number of sessions without a principal. */
  #anonymous = 0;

  constructor(limits: Required<MemoryStoreOptions>) {
    this.#limits = limits;
  }

  /** The record of an entry, which counts as used. */
  read(key: SessionKey, entry: Entry): SessionRecord {
    entry.usedAt = ++this.#uses;
    this.#recent.add(entry);
    const record = entry.record();
    return this.epochs.isUsed ? this.epochs.stamped(key, record) : record;
  }

  /** A session, which does not count as used. */
  session(key: SessionKey, entry: Entry): StoredSession {
    return { key, record: this.epochs.stamped(key, entry.record()) };
  }

  /** All sessions of a principal. */
  sessionsOf(principal: string): StoredSession[] {
    return this.principals.of(principal).map((key) => this.session(key, this.entries.get(key)!));
  }

  /** The sessions that end for a new one of the principal of a record. */
  victims(
    { principal }: SessionRecord,
    from: SessionKey | null,
    terms: WriteTerms | undefined,
  ): readonly StoredSession[] | 'limit' {
    if (principal === null || terms === undefined || terms.limit === null) return NO_SESSIONS;
    const { realm, limit } = terms;
    const isCounted = ({ key, record }: StoredSession): boolean =>
      key !== from && record.expiresAt > limit.at && !this.epochs.refuses(key, realm);
    return victimsOf(this.sessionsOf(principal).filter(isCounted), limit);
  }

  /** @throws RangeError when the record is larger than the limit of all records. */
  entryOf(key: SessionKey, record: SessionRecord): Entry {
    const bytes = sizeOf(key, record);
    this.#checkSize(bytes);
    return new Entry(record, bytes, this.#lists);
  }

  /** Adds an entry under a key that is not in use. */
  put(key: SessionKey, entry: Entry, epoch: number): void {
    entry.usedAt = ++this.#uses;
    this.entries.set(key, entry);
    this.epochs.stamp(key, epoch);
    this.bytes += entry.bytes;
    if (entry.principal === null) this.#anonymous++;
    else this.principals.move(key, null, entry.principal);
    this.expired.add(key, entry);
    this.#makeRoomFor(key);
  }

  /** Applies a patch that agrees with the entry. @throws RangeError when it makes the entry too large. */
  apply(key: SessionKey, entry: Entry, patch: SessionPatch): void {
    const growth = growthOf(patch);
    if (growth > 0) this.#checkSize(entry.bytes + growth);
    const { principal, expiresAt } = entry;
    if (principal !== patch.principal.to) this.#changePrincipal(key, principal, patch.principal.to);
    entry.apply(patch, this.#lists);
    if (entry.expiresAt < expiresAt) this.expired.add(key, entry);
    entry.bytes += growth;
    entry.usedAt = ++this.#uses;
    this.bytes += growth;
    if (growth > 0) this.#makeRoomFor(key);
  }

  /** Removes an entry; `false` if there is none. */
  drop(key: SessionKey): boolean {
    const entry = this.entries.get(key);
    if (entry === undefined) return false;
    this.bytes -= entry.bytes;
    if (entry.principal === null) this.#anonymous--;
    else this.principals.move(key, entry.principal, null);
    this.epochs.forget(key);
    entry.clear();
    this.entries.delete(key);
    if (this.entries.size === 0) this.expired.stop();
    return true;
  }

  #changePrincipal(key: SessionKey, former: string | null, principal: string | null): void {
    this.#anonymous += Number(principal === null) - Number(former === null);
    this.principals.move(key, former, principal);
  }

  #checkSize(bytes: number): void {
    const { maxBytes } = this.#limits;
    if (bytes <= maxBytes) return;
    throw new RangeError(
      `A session of ${bytes} bytes is larger than maxBytes ${maxBytes} of the MemorySessionStore.`,
    );
  }

  #makeRoomFor(fresh: SessionKey): void {
    const { maxSessions, maxBytes } = this.#limits;
    if (this.entries.size <= maxSessions && this.bytes <= maxBytes) return;
    const room = {
      entries: this.entries,
      maxSessions,
      maxBytes,
      bytes: () => this.bytes,
      anonymous: () => this.#anonymous,
      evict: (key: SessionKey) => void (this.drop(key) && this.evicted++),
    };
    makeRoom(room, fresh, this.#uses);
  }
}

const NO_SESSIONS: readonly StoredSession[] = [];
