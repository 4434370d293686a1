/** The prefix of the engine's attributes. An application's name that begins with it gets a second one. */
const OWN = '$';

/** An attribute of the engine: the cookie settings of a session that differ from the options. */
export const COOKIE = '$cookie';

/** The name under which an application's attribute is stored. */
export const storedName = (name: string): string => (name.startsWith(OWN) ? OWN + name : name);

/** The application's name of a stored attribute; `null` for one of the engine. */
export function applicationName(stored: string): string | null {
  if (!stored.startsWith(OWN)) return stored;
  return stored.startsWith(OWN + OWN) ? stored.slice(OWN.length) : null;
}

/** The application's attributes of a record, by its names, without the reserved names. */
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
