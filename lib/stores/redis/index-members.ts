import type { SessionKey } from '../../core/session-id.js';
import type { StoredSession } from '../../core/store/session-store.js';
import { isRecord, isRefused, type Loaded } from './session-reader.js';

/** The members of a principal's index, by whether they count for its limit. */
export interface Members {
  readonly live: readonly StoredSession[];
  /** Members without a session. */
  readonly gone: readonly SessionKey[];
  /** Sessions that do not count: unreadable, expired, of another principal, or refused by the epoch. */
  readonly ignored: readonly SessionKey[];
}

interface CountedBy {
  readonly principal: string;
  /** Records that have expired by this instant do not count. */
  readonly at: number;
  readonly epoch: number;
}

/** Sorts members of an index by what their keys have loaded. */
export function membersOf(
  keys: readonly SessionKey[],
  loaded: readonly Loaded[],
  { principal, at, epoch }: CountedBy,
): Members {
  const [live, gone, ignored]: [StoredSession[], SessionKey[], SessionKey[]] = [[], [], []];
  for (const [n, key] of keys.entries()) {
    const record = loaded[n]!;
    const counts =
      isRecord(record) &&
      record.principal === principal &&
      record.expiresAt > at &&
      !isRefused(record, epoch);
    if (counts) live.push({ key, record });
    else if (record === null) gone.push(key);
    else ignored.push(key);
  }
  return { live, gone, ignored };
}
