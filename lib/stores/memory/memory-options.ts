import { describeWithoutText } from '../../core/util/describe-value.js';

/** Limits of a `MemorySessionStore`. */
export interface MemoryStoreOptions {
  /**
   * Largest number of sessions.
   * @defaultValue `100_000`
   */
  readonly maxSessions?: number;
  /**
   * Largest size of all keys and attributes. Bytes.
   * @defaultValue 64 MiB
   */
  readonly maxBytes?: number;
}

/** The limits with their defaults. @throws RangeError when a limit is not a positive integer. */
export function checkOptions({
  maxSessions = 100_000,
  maxBytes = 64 * 1024 * 1024,
}: MemoryStoreOptions): Required<MemoryStoreOptions> {
  return { maxSessions: positive('maxSessions', maxSessions), maxBytes: positive('maxBytes', maxBytes) };
}

function positive(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `The option ${option} of the MemorySessionStore must be a positive integer, got ${describeWithoutText(value)}.`,
  );
}
