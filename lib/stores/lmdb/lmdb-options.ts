import { describeWithoutText } from '../../core/util/describe-value.js';

/** Where a {@link LmdbSessionStore} keeps its sessions. */
export interface LmdbStoreOptions {
  /** The folder of the database; made where it is missing. On a local disk: LMDB does not work on network file systems. */
  readonly path: string;
  /**
   * Most bytes of pages in use, at least 128 KiB. A write that would exceed them is rejected; sessions that do not grow
   * can still be written. The file itself becomes larger: it keeps the pages that the last writes have replaced.
   * @defaultValue 4 GiB
   */
  readonly maxBytes?: number;
}

const LEAST_BYTES = 128 * 1024;

/** @throws TypeError or RangeError that names the option that is wrong. */
export function checkOptions({
  path,
  maxBytes = 4 * 1024 ** 3,
}: LmdbStoreOptions): Required<LmdbStoreOptions> {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(
      `The option path of the LmdbSessionStore must be the path of a folder, got ${describeWithoutText(path)}.`,
    );
  }
  if (!Number.isSafeInteger(maxBytes) || maxBytes < LEAST_BYTES) {
    throw new RangeError(
      `The option maxBytes of the LmdbSessionStore must be a whole number of at least ${LEAST_BYTES}, got ${describeWithoutText(maxBytes)}.`,
    );
  }
  return { path, maxBytes };
}
