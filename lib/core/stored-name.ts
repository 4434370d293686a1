/** Names that begin with this sign are the engine's own in a record; an application's are stored with the sign doubled. */
const OWN = '$';

/** The name under which an application's attribute is stored. */
export const storedName = (name: string): string => (name.startsWith(OWN) ? OWN + name : name);

/** The application's name of a stored attribute; `null` for the engine's own. */
export function applicationName(stored: string): string | null {
  if (!stored.startsWith(OWN)) return stored;
  return stored.startsWith(OWN + OWN) ? stored.slice(OWN.length) : null;
}
