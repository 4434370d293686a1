import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import {
  type Conflict,
  type Evicted,
  type ExpirySweeper,
  type StoredSession,
  byNewest,
  type PrincipalIndex,
  SessionStore,
  type WriteTerms,
} from '../../core/store/session-store.js';
import type {
  ExpiryClaims,
  SessionEpochs,
  SessionLimits,
  SessionPage,
  SessionScan,
  StoreNotices,
} from '../../core/store/store-powers.js';
import type { Awaitable } from '../../core/util/awaitable.js';
import { nextTurn } from '../../core/util/clock.js';
import { KeyPages } from './key-pages.js';
import { LocalNotices } from './local-notices.js';
import { checkOptions, type MemoryStoreOptions } from './memory-options.js';
import { SessionTable } from './session-table.js';

export type { MemoryStoreOptions } from './memory-options.js';

/**
 * Sessions in the memory of this process: for development, tests and tools. They are lost when the process
 * ends, and other processes cannot use them.
 *
 * At a limit the store evicts sessions that were not used recently: first those without a principal, then
 * any. `evicted` counts them. Expired sessions are freed within a second, or by the next sweep while a
 * listener gets the event `expired`.
 */
export class MemorySessionStore
  extends SessionStore
  implements
    ExpirySweeper,
    ExpiryClaims,
    PrincipalIndex,
    SessionEpochs,
    SessionLimits,
    SessionScan,
    StoreNotices
{
  readonly limitsSessions = true;
  readonly #table: SessionTable;
  readonly #pages: KeyPages;
  readonly #notices = new LocalNotices();

  /** @throws RangeError when a limit is not a positive integer. */
  constructor(options: MemoryStoreOptions = {}) {
    super();
    this.#table = new SessionTable(checkOptions(options));
    this.#pages = new KeyPages(this.#table.entries);
  }

  /** Number of sessions, including some that expired within the last second. */
  get size(): number {
    return this.#table.entries.size;
  }
  /** Size of all keys and attributes. Bytes. */
  get bytes(): number {
    return this.#table.bytes;
  }
  /** Number of evicted sessions. A value above 0 means that a limit is too low. */
  get evicted(): number {
    return this.#table.evicted;
  }

  load(key: SessionKey): Awaitable<SessionRecord | null>;
  load(key: SessionKey, realm?: string): Awaitable<SessionRecord | 'revoked' | null>;
  load(key: SessionKey, realm?: string): Awaitable<SessionRecord | 'revoked' | null> {
    const { entries, epochs } = this.#table;
    const entry = entries.get(key);
    if (entry === undefined) return null;
    if (epochs.isUsed && realm !== undefined && epochs.refuses(key, realm)) return 'revoked';
    return this.#table.read(key, entry);
  }

  create(
    key: SessionKey,
    record: SessionRecord,
    terms?: WriteTerms,
  ): Awaitable<'created' | 'collision' | 'limit' | Evicted> {
    if (this.#table.entries.has(key)) return 'collision';
    const victims = this.#table.victims(record, null, terms);
    if (victims === 'limit') return 'limit';
    const entry = this.#table.entryOf(key, record);
    for (const victim of victims) this.#table.drop(victim.key);
    const epoch = terms === undefined ? (record.epoch ?? 0) : this.#table.epochs.now(terms.realm);
    this.#table.put(key, entry, epoch);
    this.#table.expired.noteTime(record.touchedAt);
    return victims.length === 0 ? 'created' : { evicted: victims };
  }

  patch(key: SessionKey, patch: SessionPatch): Awaitable<'applied' | 'missing' | Conflict> {
    const entry = this.#table.entries.get(key);
    if (entry === undefined) return 'missing';
    if (!entry.agreesWith(patch)) return { conflict: this.#table.session(key, entry).record };
    this.#table.apply(key, entry, patch);
    return 'applied';
  }

  rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ): Awaitable<'applied' | 'missing' | 'collision' | 'limit' | Evicted | Conflict> {
    const table = this.#table;
    const entry = table.entries.get(from);
    if (entry === undefined) return 'missing';
    if (terms !== undefined && table.epochs.refuses(from, terms.realm)) return 'missing';
    if (revision !== null && entry.revision !== revision)
      return { conflict: table.session(from, entry).record };
    if (table.entries.has(to)) return 'collision';
    const victims = this.#table.victims(record, from, terms);
    if (victims === 'limit') return 'limit';
    const next = table.entryOf(to, record);
    table.drop(from);
    for (const victim of victims) table.drop(victim.key);
    table.put(to, next, terms?.isLogin === true ? table.epochs.now(terms.realm) : (record.epoch ?? 0));
    return victims.length === 0 ? 'applied' : { evicted: victims };
  }

  delete(key: SessionKey): Awaitable<'deleted' | 'missing'> {
    return this.#table.drop(key) ? 'deleted' : 'missing';
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return this.#table.expired.free(before, limit);
  }

  async claimExpired(before: number, limit: number): Promise<StoredSession[]> {
    const claimed: StoredSession[] = [];
    await this.#table.expired.free(before, limit, (key) => {
      claimed.push(this.#table.session(key, this.#table.entries.get(key)!));
      this.#table.drop(key);
    });
    return claimed;
  }

  /** Until the returned function is called, only `claimExpired` and `deleteExpired` free expired sessions. */
  holdExpired(): () => void {
    return this.#table.expired.hold();
  }

  async listByPrincipal(principal: string, at: number, limit: number): Promise<StoredSession[]> {
    return byNewest(this.#table.sessionsOf(principal), at).slice(0, limit);
  }

  async deleteByPrincipal(principal: string, keep: SessionKey | null): Promise<number> {
    const keys = this.#table.principals.of(principal).filter((key) => key !== keep);
    return keys.filter((key) => this.#table.drop(key)).length;
  }

  async epoch(realm: string): Promise<number> {
    return this.#table.epochs.now(realm);
  }

  async advanceEpoch(realm: string): Promise<number> {
    return this.#table.epochs.advance(realm);
  }

  /** Reads all keys for the first page, and for some of the others. Each page runs in a turn of its own. */
  async scan(cursor: string | null, limit: number): Promise<SessionPage> {
    await new Promise<void>((resolve) => nextTurn(resolve));
    const { entries } = this.#table;
    const { page, isLast } = this.#pages.after(cursor, limit);
    const sessions = page.map((key) => this.#table.session(key, entries.get(key)!));
    return { sessions, cursor: isLast ? null : page.at(-1)! };
  }

  publish(notice: string): Promise<void> {
    return this.#notices.publish(notice);
  }

  subscribe(onNotice: (notice: string | null) => void): () => Promise<void> {
    return this.#notices.subscribe(onNotice);
  }
}
