/** The texts of all attributes of a session: joined to one string while they are short, else an array. */
export type PackedTexts = string | readonly string[];

/** No JSON text contains this character. */
const SEPARATOR = '\u0000';
/**
 * Longest joined string, in characters. Each separate string costs 24 bytes or more, and the garbage
 * collector visits it; but a change of one text copies the whole joined string.
 */
const MAX_JOINED = 1024;

/** Packs texts to save memory. A text that contains the separator is not joined. */
export function packTexts(texts: readonly string[]): PackedTexts {
  let length = texts.length;
  // An empty list would look like one empty text.
  if (length === 0) return texts;
  for (const text of texts) {
    length += text.length;
    if (length > MAX_JOINED || text.includes(SEPARATOR)) return texts;
  }
  return texts.join(SEPARATOR);
}

/** Reverses {@link packTexts} where it joined the texts. */
export const unpackTexts = (joined: string): string[] => joined.split(SEPARATOR);

/** Largest number of shared lists. The cache is cleared above it. */
const MAX_LISTS = 1000;
/** Longest shared list, in characters. Longer lists are rarely common to many sessions. */
const LONGEST = 1000;

/** Shares lists of attribute names, because most sessions of an application have the same names. */
export class NameLists {
  readonly #lists = new Map<string, readonly string[]>();

  /** A list of these names in this order. The list may be shared. */
  of(names: readonly string[]): readonly string[] {
    const joined = names.join();
    const shared = this.#lists.get(joined);
    // Different lists may have the same key, when names contain commas.
    if (shared !== undefined) return isSame(names, shared) ? shared : names;
    if (joined.length > LONGEST) return names;
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    this.#lists.set(joined, names);
    return names;
  }
}

function isSame(names: readonly string[], others: readonly string[]): boolean {
  if (names.length !== others.length) return false;
  for (let at = 0; at < names.length; at++) if (names[at] !== others[at]) return false;
  return true;
}
