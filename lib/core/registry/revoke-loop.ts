import { SessionError } from '../errors.js';
import type { StoredSession } from '../store/session-store.js';
import type { RegistryStore } from './registry-store.js';

/** How many records are deleted concurrently. */
export const AT_ONCE = 16;
/** More passes than moving sessions can cause: a store lists what it does not delete. */
const MOST_PASSES = 1000;
/** All sessions, also expired ones: the clock of another node may be behind. */
const ALWAYS = 0;
const ALL = Number.MAX_SAFE_INTEGER;

/** Whose sessions end, and which. */
export interface Revocation {
  /** The method of the registry, for errors. */
  readonly need: string;
  /** As the store indexes it. */
  readonly principal: string;
  readonly isTarget: (session: StoredSession) => boolean;
  /** Called once for each record that this call has deleted. */
  readonly onDeleted: (session: StoredSession) => void;
}

/**
 * Deletes the sessions of a principal. Each session that exists when the call begins is gone when it ends,
 * also one that gets another id meanwhile: a key never changes its principal, so a record that is gone at its
 * delete has moved or ended, and the next pass lists where it is. The last pass lists none.
 */
export async function endSessions(store: RegistryStore, revocation: Revocation): Promise<void> {
  const { need, principal, isTarget } = revocation;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const targets = (await store.list(need, principal, ALWAYS, ALL)).filter(isTarget);
    if (targets.length === 0) return;
    for (let from = 0; from < targets.length; from += AT_ONCE)
      await deleteEach(store, targets.slice(from, from + AT_ONCE), revocation);
  }
  throw new SessionError(
    'ERR_SESSION_STORE',
    `The session store still lists sessions that ${need} has deleted.`,
  );
}

/** Waits for all deletes, so that each one is reported, and then throws the first error. */
async function deleteEach(
  store: RegistryStore,
  sessions: readonly StoredSession[],
  { onDeleted }: Revocation,
): Promise<void> {
  const results = await Promise.allSettled(
    sessions.map(async (session) => {
      if (await store.delete(session.key)) onDeleted(session);
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
