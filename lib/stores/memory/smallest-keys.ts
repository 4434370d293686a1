import type { SessionKey } from '../../core/session-id.js';

/** The first `limit` keys after `after` in their order, and whether there are more. `null` starts at the first. */
export function smallestKeys(
  keys: Iterable<SessionKey>,
  after: string | null,
  limit: number,
): { readonly page: readonly SessionKey[]; readonly isLast: boolean } {
  const page: SessionKey[] = [];
  let isLast = true;
  for (const key of keys) {
    if (after !== null && key <= after) continue;
    if (page.length === limit) {
      isLast = false;
      if (limit === 0 || key > page[limit - 1]!) continue;
      page.pop();
    }
    page.splice(placeOf(key, page), 0, key);
  }
  return { page, isLast };
}

/** The index at which a key belongs in a sorted array. */
function placeOf(key: SessionKey, sorted: readonly SessionKey[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
