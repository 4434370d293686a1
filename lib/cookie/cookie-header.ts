/**
 * Limit of values per request. Other hosts of the domain can place one cookie per prefix of the request's
 * path before ours, so it is not too low. Each value may cost a signature check, so it is not too high.
 */
const MOST_VALUES = 32;
const NO_VALUES: readonly string[] = [];

/**
 * The values of one cookie in a `Cookie` header, in the order of the header, at most 32.
 *
 * A browser sends several cookies of one name when they were set for different paths or domains. The first
 * one may be set by another host. Quotes around a value are removed and percent escapes are decoded.
 *
 * @see RFC 6265, section 4.2.1; parity rule R31
 */
export function cookieValues(header: string, name: string): string[] {
  return rawCookieValues(header, name).map(decodeCookieValue);
}

/** As {@link cookieValues}, without decoding. */
export function rawCookieValues(header: string, name: string): readonly string[] {
  let values: string[] | null = null;
  let equals = -1;
  for (let start = 0; start < header.length && values?.length !== MOST_VALUES;) {
    const semicolon = header.indexOf(';', start);
    const end = semicolon === -1 ? header.length : semicolon;
    // The position of the next equals sign is reused for later parts, so that no character is searched twice.
    if (equals < start) equals = header.indexOf('=', start);
    if (equals === -1) break;
    if (equals < end && header.slice(start, equals).trim() === name)
      (values ??= []).push(header.slice(equals + 1, end).trim());
    start = end + 1;
  }
  return values ?? NO_VALUES;
}

/** The value of a cookie without quotes, its percent escapes decoded. Invalid escapes stay as they are. */
export function decodeCookieValue(raw: string): string {
  const bare = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}
