import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-id.js';
import { StoreError } from '../../core/util/store-error.js';
import {
  openLmdb,
  type LmdbDatabase,
  type LmdbEnvironment,
  type LmdbPackage,
  type LmdbPages,
} from './lmdb-driver.js';
import type { LmdbStoreOptions } from './lmdb-options.js';

/** The two meta pages at the start of a data file. */
const META_PAGES = 2;

/** The databases of one folder. */
export class LmdbTables {
  readonly environment: LmdbEnvironment;
  /** Records by key. */
  readonly records: LmdbDatabase<string, SessionKey>;
  /** Keys in the order of expiry. */
  readonly expiries: LmdbDatabase<true, [number, SessionKey]>;
  /** Keys by the digest of their principal, because LMDB limits the size of a key. */
  readonly principals: LmdbDatabase<true, [string, SessionKey]>;
  /** The counters of realms. */
  readonly epochs: LmdbDatabase<number, string>;
  readonly pageSize: number;
  readonly limit: SizeLimit;

  private constructor(environment: LmdbEnvironment, maxBytes: number) {
    this.environment = environment;
    this.records = environment.openDB('records', { encoding: 'string' });
    this.expiries = environment.openDB('expiries', { encoding: 'msgpack' });
    this.principals = environment.openDB('principals', { encoding: 'msgpack' });
    this.epochs = environment.openDB('epochs', { encoding: 'msgpack' });
    this.pageSize = this.records.getStats().pageSize;
    this.limit = new SizeLimit(maxBytes, this);
  }

  /** @throws Error when the folder cannot be made or opened. */
  static open(lmdb: LmdbPackage, { path, maxBytes }: Required<LmdbStoreOptions>): LmdbTables {
    const environment = openLmdb(lmdb, path, maxBytes);
    try {
      return new LmdbTables(environment, maxBytes);
    } catch (error) {
      environment.close().catch(() => undefined);
      throw error;
    }
  }

  /** The present epoch of a realm. */
  epochOf(realm: string): number {
    return this.epochs.get(realm) ?? 0;
  }

  /** Size of all pages in use. Bytes. */
  usedBytes(): number {
    const { root, free, ...records } = this.records.getStats();
    const others = [this.expiries, this.principals, this.epochs].map((table) => table.getStats());
    const all = [root, free, records, ...others];
    return all.reduce((sum, pages) => sum + countOf(pages), META_PAGES) * this.pageSize;
  }
}

const countOf = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: LmdbPages): number =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

/** The digest of a principal in the table of principals. */
export function digestOf(principal: string): string {
  return createHash('sha256').update(principal).digest('base64url');
}

/** A write replaces pages of three trees before it frees the old pages. */
const PAGES_PER_WRITE = 12;
/** Pages are counted again after this part of the free space is used, because other processes write too. */
const SHARE = 16;

/** Rejects writes above the size limit. Counts pages from time to time, not at each write. */
class SizeLimit {
  readonly #maxBytes: number;
  readonly #tables: LmdbTables;
  /** What may be written before the pages are counted again. */
  #freeBytes = 0;

  constructor(maxBytes: number, tables: LmdbTables) {
    this.#maxBytes = maxBytes;
    this.#tables = tables;
  }

  /**
   * Reserves space for a record. A record that is not longer than the former one is always accepted.
   *
   * @throws StoreError when the record does not fit.
   */
  reserve(text: string, formerLength: () => number): void {
    const bytes = sizeInPages(text, this.#tables.pageSize);
    if (bytes > this.#freeBytes) {
      if (text.length <= formerLength()) return;
      const free = this.#maxBytes - this.#tables.usedBytes();
      if (bytes > free)
        throw new StoreError(
          `The database of the LmdbSessionStore has reached maxBytes ${this.#maxBytes}. ` +
            'Raise the limit, or shorten the timeouts of sessions.',
        );
      this.#freeBytes = Math.max(bytes, Math.floor(free / SHARE));
    }
    this.#freeBytes -= bytes;
  }
}

/** Pages are at least half full. */
const sizeInPages = (text: string, pageSize: number): number =>
  2 * Buffer.byteLength(text) + PAGES_PER_WRITE * pageSize;
