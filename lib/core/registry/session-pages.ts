import { NAME, readName } from '../session/own-attributes.js';
import { DEFAULT_NAME, scopeOf } from '../store/principal-scope.js';
import type { SessionRecord } from '../store/session-record.js';
import type { StoredSession } from '../store/session-store.js';
import type { RegistryParts } from './registry-parts.js';
import type { RegistryStore } from './registry-store.js';
import { infoOf, isLive, type SessionInfo } from './session-info.js';

/** How many records a page reads. */
export const PAGE_SIZE = 500;

/** One page of all sessions of a name. It may be empty although more follow. */
export interface SessionInfoPage {
  readonly sessions: SessionInfo[];
  /** The argument of the next `page()`; `null` after the last page. */
  readonly cursor: string | null;
}

/** One page of the live sessions of a realm, with the cursor of the store. */
export async function readPage(
  store: RegistryStore,
  need: string,
  cursor: string | null,
  parts: RegistryParts,
): Promise<SessionInfoPage> {
  const [page, epoch] = await Promise.all([store.scan(need, cursor, PAGE_SIZE), store.epoch()]);
  const isListed = ({ record }: StoredSession): boolean =>
    isOfRealm(record, parts.realm, true) && isLive(record, epoch, parts);
  const sessions = page.sessions.filter(isListed).map((session) => infoOf(session, parts, []));
  return { sessions, cursor: page.cursor };
}

/**
 * Whether a record belongs to a realm. A record with neither a stored name nor a principal is one of the
 * default name: `unnamed` says whether it counts.
 */
export function isOfRealm(
  { attributes, principal }: SessionRecord,
  realm: string,
  unnamed: boolean,
): boolean {
  const name = readName(attributes.get(NAME));
  if (name !== null) return name === realm;
  if (principal !== null) return scopeOf(principal).sessionName === realm;
  return unnamed && realm === DEFAULT_NAME;
}
