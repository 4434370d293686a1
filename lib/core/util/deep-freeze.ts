/**
 * Freezes a value that was parsed from JSON, with all objects and arrays in it, and returns it. Values may be
 * nested to any depth.
 */
export function deepFreeze<T>(value: T): T {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const one = pending.pop();
    if (typeof one !== 'object' || one === null) continue;
    Object.freeze(one);
    for (const inner of Object.values(one)) pending.push(inner);
  }
  return value;
}
