/** So many lists are shared; then sharing begins anew. */
const MOST_LISTS = 1000;
/** Longer ones are hardly common to many sessions. Characters. */
const LONGEST = 1000;

/** Lists of attribute names, each kept once: most sessions of an application have the same few. */
export class NameLists {
  readonly #lists = new Map<string, readonly string[]>();

  /** A list of these names in this order, which may be shared. */
  of(names: readonly string[]): readonly string[] {
    const joined = names.join();
    const shared = this.#lists.get(joined);
    // Names with commas in them can look like others.
    if (shared !== undefined) return isSame(names, shared) ? shared : names;
    if (joined.length > LONGEST) return names;
    if (this.#lists.size >= MOST_LISTS) this.#lists.clear();
    this.#lists.set(joined, names);
    return names;
  }
}

const isSame = (names: readonly string[], others: readonly string[]): boolean =>
  names.length === others.length && names.every((name, at) => name === others[at]);
