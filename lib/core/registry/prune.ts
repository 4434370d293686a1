import type { SessionRecord } from '../store/session-record.js';
import { minutes, nextTurn } from '../util/clock.js';
import { AT_ONCE } from './revoke-loop.js';
import type { RegistryStore } from './registry-store.js';
import { isOfRealm, PAGE_SIZE } from './session-pages.js';

/** Which records are deleted. */
export interface Refusal {
  /** The method of the registry, for errors. */
  readonly need: string;
  readonly realm: string;
  /** Records with a lower epoch are refused. */
  readonly epoch: number;
  /** When the epoch began. Epoch milliseconds. */
  readonly at: number;
}

/**
 * A store that creates a record in two steps, such as Redis Cluster, may stamp it after it is visible.
 * Refused records younger than this stay until they expire. Clocks of nodes may differ by less. Milliseconds.
 */
const GRACE_MS = minutes(1);

/**
 * Deletes the records that the epoch of a realm refuses, page by page. Other work runs before each page.
 *
 * The key of a refused record never becomes valid again: a login gives a session a new key.
 */
export async function deleteRefused(store: RegistryStore, refusal: Refusal): Promise<void> {
  for (let cursor: string | null = null; ;) {
    await new Promise<void>((resolve) => nextTurn(resolve));
    const page = await store.scan(refusal.need, cursor, PAGE_SIZE);
    const refused = page.sessions.filter(({ record }) => isRefused(record, refusal));
    for (let from = 0; from < refused.length; from += AT_ONCE)
      await Promise.all(refused.slice(from, from + AT_ONCE).map(({ key }) => store.delete(key)));
    ({ cursor } = page);
    if (cursor === null) return;
  }
}

/**
 * Whether a record is refused, and is certainly of the realm. A record without principal, name and epoch may
 * belong to a named session that an earlier version has stored: it stays until it expires.
 */
function isRefused(record: SessionRecord, { realm, epoch, at }: Refusal): boolean {
  if (record.createdAt > at - GRACE_MS) return false;
  const stamp = record.epoch ?? 0;
  return stamp < epoch && isOfRealm(record, realm, stamp > 0);
}
