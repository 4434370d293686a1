import type { SessionKey } from '../../core/session-id.js';

/** How many keys one search sorts. A search reads all keys, so it must serve many pages. */
const AHEAD = 8000;
/** Number of keys that the end of a search is estimated from. */
const SAMPLES = 256;

/** The sorted keys of one search: all that follow `after`, up to the last one of them. */
interface Search {
  readonly after: string | null;
  readonly keys: readonly SessionKey[];
  /** Whether no key follows the last one. */
  readonly isLast: boolean;
}

/** The first keys after a cursor, and whether there are more. */
interface KeyPage {
  readonly page: readonly SessionKey[];
  readonly isLast: boolean;
}

/**
 * Pages of all keys of a map, in their order. The keys of the last search serve the pages that follow,
 * without those that were added since.
 */
export class KeyPages {
  readonly #entries: ReadonlyMap<SessionKey, unknown>;
  #search: Search | null = null;

  constructor(entries: ReadonlyMap<SessionKey, unknown>) {
    this.#entries = entries;
  }

  /** The first `limit` keys after `after`; `null` starts at the first, always with a new search. */
  after(after: string | null, limit: number): KeyPage {
    const known = after === null || this.#search === null ? null : this.#pageOf(this.#search, after, limit);
    if (known !== null) return known;
    this.#search = searchFrom(this.#entries.keys(), after, limit);
    return this.#pageOf(this.#search, after, limit)!;
  }

  /** `null` where the search does not contain the whole page. */
  #pageOf(search: Search, after: string | null, limit: number): KeyPage | null {
    const { keys, isLast } = search;
    if (after !== search.after && (after === null || (search.after !== null && after < search.after)))
      return null;
    const page: SessionKey[] = [];
    for (let at = after === null ? 0 : placeAfter(after, keys); at < keys.length; at++) {
      if (!this.#entries.has(keys[at]!)) continue;
      if (page.length === limit) return { page, isLast: false };
      page.push(keys[at]!);
    }
    if (!isLast) return page.length === limit ? { page, isLast: false } : null;
    this.#search = null;
    return { page, isLast: true };
  }
}

function searchFrom(all: Iterable<SessionKey>, after: string | null, limit: number): Search {
  const keys: SessionKey[] = [];
  for (const key of all) if (after === null || key > after) keys.push(key);
  const some = keys.length <= AHEAD ? keys : smallest(keys);
  const isWhole = some.length === keys.length || some.length < limit;
  return { after, keys: (isWhole ? keys : some).sort(), isLast: isWhole };
}

/** About {@link AHEAD} of the smallest keys: those up to a key that is chosen from a sample. */
function smallest(keys: readonly SessionKey[]): SessionKey[] {
  const sample = Array.from({ length: SAMPLES }, (_, at) => keys[Math.floor((at * keys.length) / SAMPLES)]!);
  const end = sample.sort()[Math.floor((SAMPLES * AHEAD) / keys.length)]!;
  return keys.filter((key) => key <= end);
}

/** The index of the first key after a cursor in a sorted array. */
function placeAfter(after: string, sorted: readonly SessionKey[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
