import type { Entry } from './entry.js';

/** A visitor's requests come close together, and of so many sessions the texts lie ready for the next one. */
const MOST = 1000;

/** The entries that were read last: only they are kept unpacked. */
export class RecentEntries {
  readonly #ring: Entry[] = [];
  #next = 0;

  /** The entry is read now; that one is let go of which came in longest ago. */
  add(entry: Entry): void {
    if (entry.isUnpacked) return;
    this.#ring[this.#next]?.repack();
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % MOST;
    entry.unpack();
  }
}
