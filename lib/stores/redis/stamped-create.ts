import type { SessionKey } from '../../core/session-id.js';
import type { SessionRecord } from '../../core/store/session-record.js';
import { type RedisAccess, wordOf } from './redis-access.js';
import type { RedisEpochs } from './redis-epochs.js';
import { RESTAMP } from './redis-scripts.js';
import { runCreate } from './session-writer.js';

/** The result of a creation, and the epoch that the record has. */
export interface Stamped {
  readonly result: 'created' | 'collision';
  readonly epoch: number;
}

/**
 * Creates a record with the present epoch of a realm and without an index entry, where no command can use
 * both keys. It reads the epoch while it writes the record with the last known one, and corrects the record
 * before anyone has its key.
 */
export async function createStamped(
  access: RedisAccess,
  epochs: RedisEpochs,
  key: SessionKey,
  record: SessionRecord,
  realm: string,
): Promise<Stamped> {
  const known = epochs.known(realm);
  const [result, epoch] = await Promise.all([
    runCreate(access, key, { ...record, epoch: known }),
    epochs.present(realm),
  ]);
  if (result === 'collision' || epoch === known) return { result, epoch };
  const restamped = wordOf(await access.run(RESTAMP, [access.sessionKey(key)], [String(epoch)]));
  // A pass that removes records of a former epoch may have removed it.
  if (restamped === 'missing') return createStamped(access, epochs, key, record, realm);
  return { result, epoch };
}
