/** What `all` gives, in each of its shapes, as a list of sessions. */
export function sessionsOf(all) {
  if (typeof all !== 'object' || all === null) throw new Error(`all gives ${describe(all)}`);
  return (Array.isArray(all) ? all : Object.values(all)).map(sessionOf);
}

/** A session itself, its JSON, or a row that holds one of these. */
function sessionOf(entry) {
  if (typeof entry === 'string' && !entry.startsWith('{')) throw new Error('all gives keys, not sessions');
  const value = typeof entry === 'string' ? JSON.parse(entry) : entry;
  const inner = value?.sess ?? value?.session;
  if (inner === undefined || value.cookie !== undefined) return value;
  return typeof inner === 'string' ? JSON.parse(inner) : inner;
}

/** What `length` gives, as a number. */
export function countOf(length) {
  if (typeof length === 'number') return length;
  throw new Error(`length gives ${describe(length)}`);
}

const describe = (value) => (value === null ? 'null' : `a value of type ${typeof value}`);
