/** Names that begin with this sign are the engine's own in a record; an application's are stored with the sign doubled. */
const OWN = '$';

/** The engine's own attribute: the cookie settings in which a session differs from the options. */
export const COOKIE = '$cookie';

/** The name under which an application's attribute is stored. */
export const storedName = (name: string): string => (name.startsWith(OWN) ? OWN + name : name);

/** The application's name of a stored attribute; `null` for the engine's own. */
export function applicationName(stored: string): string | null {
  if (!stored.startsWith(OWN)) return stored;
  return stored.startsWith(OWN + OWN) ? stored.slice(OWN.length) : null;
}

/** The attributes of a record that are the application's, by its names; `reserved` are names that are no data. */
export function applicationAttributes(
  stored: ReadonlyMap<string, string>,
  reserved: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  let part: Map<string, string> | null = null;
  for (const storedAs of stored.keys()) {
    if (!storedAs.startsWith(OWN) && !reserved.has(storedAs)) continue;
    part ??= new Map(stored);
    part.delete(storedAs);
  }
  if (part === null) return stored;
  for (const [storedAs, text] of stored) {
    const name = applicationName(storedAs);
    if (name !== null && name !== storedAs && !reserved.has(name)) part.set(name, text);
  }
  return part;
}
