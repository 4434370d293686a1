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
