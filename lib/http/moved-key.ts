import { RegistryStore } from '../core/registry/registry-store.js';
import { handleOf } from '../core/registry/session-info.js';
import type { FindKey } from '../core/session/moved-session.js';
import { isPrincipalIndex } from '../core/store/session-store.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';

/** What the search needs of the options. */
type Parts = Pick<ResolvedSessionOptions, 'store' | 'givenStore' | 'storeTimeoutMs'>;

const ALWAYS = 0;
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Finds the present key of a session, with the errors and the time limit of every other store call. Finds
 * none in a store that cannot list the sessions of a user.
 */
export function keyFinder({ store, givenStore, storeTimeoutMs }: Parts, realm: string): FindKey {
  if (!isPrincipalIndex(store)) return () => Promise.resolve(null);
  const index = new RegistryStore({ store, givenStore, storeTimeoutMs, realm });
  return async (principal, handle) => {
    const sessions = await index.list('A socket', principal, ALWAYS, ALL);
    return sessions.find((session) => handleOf(session, store) === handle)?.key ?? null;
  };
}
