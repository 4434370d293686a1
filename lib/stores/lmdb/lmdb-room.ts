import type { LmdbTables } from './lmdb-tables.js';

/** A write replaces pages of three trees before it frees their old ones. */
const PAGES_OF_A_WRITE = 12;
/** Pages are counted again after this part of the free room: other processes write too. */
const SHARE = 16;

/** Refuses writes that would make a database larger than its limit. Counts pages now and then, not at each write. */
export class LmdbRoom {
  readonly #maxBytes: number;
  readonly #tables: LmdbTables;
  #bytes = 0;

  constructor(maxBytes: number, tables: LmdbTables) {
    this.#maxBytes = maxBytes;
    this.#tables = tables;
  }

  /**
   * Takes room for a record. One that is no longer than the former always has it.
   *
   * @throws Error when the record does not fit in.
   */
  take(text: string, formerLength: () => number): void {
    const bytes = roomOf(text, this.#tables.pageSize);
    if (bytes > this.#bytes) {
      if (text.length <= formerLength()) return;
      const free = this.#maxBytes - this.#tables.usedBytes();
      if (bytes > free)
        throw new Error(
          `The database of the LmdbSessionStore has reached maxBytes ${this.#maxBytes}. Raise the limit, or shorten the timeouts of sessions.`,
        );
      this.#bytes = Math.max(bytes, Math.floor(free / SHARE));
    }
    this.#bytes -= bytes;
  }
}

/** Pages are half full at the least. */
const roomOf = (text: string, pageSize: number): number =>
  2 * Buffer.byteLength(text) + PAGES_OF_A_WRITE * pageSize;
