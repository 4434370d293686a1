import type { SessionKey } from '../../core/session-id.js';
import type { Conflict } from '../../core/store/session-store.js';
import { type RedisAccess, resultOf, wordOf } from './redis-access.js';
import { FIELDS } from './redis-record.js';
import { REMOVE } from './redis-scripts.js';

/** What a record must be so that it can be claimed. */
export interface ClaimTerms {
  /** Its revision; `null` for any. */
  readonly revision: number | null;
  /** The epoch of its realm; 0 if it need not be compared. */
  readonly epoch: number;
}

/**
 * Compares and removes the old record of a rekey, in one atomic step. Returns the principal of the record, as
 * `textOf` encodes it, or why the record was not removed.
 */
export async function claimSession(
  access: RedisAccess,
  key: SessionKey,
  { revision, epoch }: ClaimTerms,
): Promise<{ readonly former: string } | 'missing' | Conflict> {
  const args = ['readable'];
  if (revision !== null) args.push(FIELDS.revision, String(revision));
  if (epoch !== 0) {
    if (revision === null) args.push('', '');
    args.push(String(epoch));
  }
  const reply = await access.run(REMOVE, [access.sessionKey(key)], args);
  return wordOf(reply) === 'removed' ? { former: String(reply[1]) } : resultOf<never>(reply);
}

/** Removes a session if it still belongs to this principal, as `textOf` encodes it. */
export async function removeOf(
  access: RedisAccess,
  key: SessionKey,
  principal: string,
): Promise<'removed' | 'missing' | 'conflict'> {
  return wordOf(
    await access.run(REMOVE, [access.sessionKey(key)], ['readable', FIELDS.principal, principal]),
  );
}
