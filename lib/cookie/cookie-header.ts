/**
 * More than other hosts of the domain can put before ours: one for each prefix of the request's path. Fewer than make a
 * forged header expensive: each value may cost the computation of a signature.
 */
const MOST_VALUES = 32;
const NO_VALUES: readonly string[] = [];

/**
 * The values of one cookie in a `Cookie` header, in their order, at most 32. Further ones are ignored.
 *
 * A browser sends several of one name when they were set for different paths or domains, by whoever could:
 * the first need not be ours. Quotes around a value are dropped and percent signs decoded, as far as that goes.
 *
 * @see RFC 6265, section 4.2.1; parity rule R31
 */
export function cookieValues(header: string, name: string): string[] {
  return rawCookieValues(header, name).map(decodeCookieValue);
}

/** The same as they were sent. */
export function rawCookieValues(header: string, name: string): readonly string[] {
  let values: string[] | null = null;
  let equals = -1;
  for (let start = 0; start < header.length && values?.length !== MOST_VALUES;) {
    const end = indexOrEnd(header, ';', start);
    // A sign beyond this part is kept for a later part: a new search for each part would read the rest each time.
    if (equals < start) equals = indexOrEnd(header, '=', start);
    if (equals < end && isBetween(header, start, equals, name)) {
      (values ??= []).push(header.slice(equals + 1, end).trim());
    }
    start = end + 1;
  }
  return values ?? NO_VALUES;
}

function indexOrEnd(text: string, sign: string, from: number): number {
  const index = text.indexOf(sign, from);
  return index === -1 ? text.length : index;
}

/** Whether this name, and nothing but white space around it, stands between two places. */
function isBetween(header: string, start: number, end: number, name: string): boolean {
  let [from, to] = [start, end];
  while (from < to && isSpace(header.charCodeAt(from))) from++;
  while (from < to && isSpace(header.charCodeAt(to - 1))) to--;
  return to - from === name.length && header.startsWith(name, from);
}

/** What `trim` takes away, as far as a header can have it: a character is a byte there. */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;

/** The value that a cookie stands for: without quotes, its percent signs decoded as far as that goes. */
export function decodeCookieValue(raw: string): string {
  const bare = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}
