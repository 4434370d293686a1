import type { SessionRecord } from '../store/session-record.js';
import { nextTurn } from '../util/clock.js';
import { AT_ONCE } from './revoke-loop.js';
import type { RegistryStore } from './registry-store.js';
import { isOfRealm, PAGE_SIZE } from './session-pages.js';

/**
 * Deletes the records that the epoch of a realm refuses, page by page. Other work runs between pages.
 *
 * The key of a refused record never becomes valid again: a login gives a session a new key.
 */
export async function deleteRefused(
  store: RegistryStore,
  need: string,
  realm: string,
  epoch: number,
): Promise<void> {
  for (let cursor: string | null = null; ;) {
    const page = await store.scan(need, cursor, PAGE_SIZE);
    const refused = page.sessions.filter(({ record }) => isRefused(record, realm, epoch));
    for (let from = 0; from < refused.length; from += AT_ONCE)
      await Promise.all(refused.slice(from, from + AT_ONCE).map(({ key }) => store.delete(key)));
    ({ cursor } = page);
    if (cursor === null) return;
    await new Promise<void>((resolve) => nextTurn(resolve));
  }
}

/**
 * Whether a record is refused, and is certainly of the realm. A record without principal, name and epoch may
 * belong to a named session that an earlier version has stored: it stays until it expires.
 */
function isRefused(record: SessionRecord, realm: string, epoch: number): boolean {
  const stamp = record.epoch ?? 0;
  return stamp < epoch && isOfRealm(record, realm, stamp > 0);
}
