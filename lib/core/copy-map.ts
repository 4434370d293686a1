/** A map with the same entries. Entry by entry: the constructor makes an array of each, and takes twice as long. */
export function copyMap<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  const copy = new Map<K, V>();
  for (const [key, value] of map) copy.set(key, value);
  return copy;
}
