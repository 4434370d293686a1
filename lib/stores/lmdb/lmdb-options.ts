import { describeWithoutText } from '../../core/util/describe-value.js';

/** Options of a {@link LmdbSessionStore}. */
export interface LmdbStoreOptions {
  /** Folder of the database on a local disk, which is created when it is missing. */
  readonly path: string;
  /**
   * Largest size of all pages in use, in bytes, at least 128 KiB. A write above the limit is rejected, except
   * for sessions that do not grow. The file itself is larger, because it also contains pages that recent
   * writes have replaced.
   * @defaultValue 4 GiB
   */
  readonly maxBytes?: number;
}

const MIN_BYTES = 128 * 1024;

/** @throws TypeError or RangeError that names the invalid option. */
export function checkOptions({
  path,
  maxBytes = 4 * 1024 ** 3,
}: LmdbStoreOptions): Required<LmdbStoreOptions> {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(
      `The option path of the LmdbSessionStore must be the path of a folder, got ${describeWithoutText(path)}.`,
    );
  }
  if (!Number.isSafeInteger(maxBytes) || maxBytes < MIN_BYTES) {
    throw new RangeError(
      `The option maxBytes of the LmdbSessionStore must be an integer of at least ${MIN_BYTES}, got ${describeWithoutText(maxBytes)}.`,
    );
  }
  return { path, maxBytes };
}
