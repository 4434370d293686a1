import { applicationName } from './stored-name.js';

/** The attributes of a record that are the application's, by its names; `reserved` are names that are no data. */
export function applicationsPart(
  stored: ReadonlyMap<string, string>,
  reserved: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  let part: Map<string, string> | null = null;
  for (const storedAs of stored.keys()) {
    const name = applicationName(storedAs);
    if (name === storedAs && !reserved.has(name)) continue;
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
