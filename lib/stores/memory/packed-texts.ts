/** The texts of all attributes of a session: one string while they are short, else as they are. */
export type PackedTexts = string | readonly string[];

/** No JSON text has this character. */
const SEPARATOR = '\u0000';
/**
 * A string of its own costs 24 bytes and more, and each collection looks at it; but to change one text in a joined
 * string is to write all of them. Characters.
 */
const MOST_JOINED = 1024;

/** Texts in little memory. What is no JSON text is kept as well. */
export function packTexts(texts: readonly string[]): PackedTexts {
  let length = texts.length;
  for (const text of texts) length += text.length;
  // None at all would look like an empty one.
  if (texts.length === 0 || length > MOST_JOINED || texts.some((text) => text.includes(SEPARATOR)))
    return texts;
  return texts.join(SEPARATOR);
}

/** What {@link packTexts} was given. */
export const unpackTexts = (packed: PackedTexts): readonly string[] =>
  typeof packed === 'string' ? packed.split(SEPARATOR) : packed;

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
