import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-id.js';
import {
  openLmdb,
  type LmdbDatabase,
  type LmdbEnvironment,
  type LmdbPackage,
  type LmdbPages,
} from './lmdb-driver.js';
import type { LmdbStoreOptions } from './lmdb-options.js';

/** Both pages at the start of a data file. */
const META_PAGES = 2;

/** The databases of one folder. */
export class LmdbTables {
  readonly environment: LmdbEnvironment;
  /** Key to record. */
  readonly records: LmdbDatabase<string, SessionKey>;
  /** Expiry and key, in the order of time. */
  readonly expiries: LmdbDatabase<true, [number, SessionKey]>;
  /** Digest of a principal and key; the digest, because a key of the database has a longest size. */
  readonly principals: LmdbDatabase<true, [string, SessionKey]>;
  readonly pageSize: number;

  private constructor(environment: LmdbEnvironment) {
    this.environment = environment;
    this.records = environment.openDB('records', { encoding: 'string' });
    this.expiries = environment.openDB('expiries', { encoding: 'msgpack' });
    this.principals = environment.openDB('principals', { encoding: 'msgpack' });
    this.pageSize = this.records.getStats().pageSize;
  }

  /** @throws Error when the folder cannot be made or opened. */
  static open(lmdb: LmdbPackage, { path, maxBytes }: Required<LmdbStoreOptions>): LmdbTables {
    const environment = openLmdb(lmdb, path, maxBytes);
    try {
      return new LmdbTables(environment);
    } catch (error) {
      environment.close().catch(() => undefined);
      throw error;
    }
  }

  /** Bytes of all pages in use. */
  usedBytes(): number {
    const { root, free, ...records } = this.records.getStats();
    const all = [root, free, records, this.expiries.getStats(), this.principals.getStats()];
    return all.reduce((sum, pages) => sum + countOf(pages), META_PAGES) * this.pageSize;
  }
}

const countOf = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: LmdbPages): number =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

/** What stands for a principal in its table. */
export function digestOf(principal: string): string {
  return createHash('sha256').update(principal).digest('base64url');
}
