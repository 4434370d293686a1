import { isSessionRecord } from './session-record.js';

/** Whether a value is a result of `create`. */
export const isCreateResult = (result: unknown): boolean =>
  result === 'created' || result === 'collision' || result === 'limit' || isEvicted(result);

/** Whether a value is a result of `patch`. */
export const isPatchResult = (result: unknown): boolean =>
  result === 'applied' || result === 'missing' || isConflict(result);

/** Whether a value is a result of `rekey`. */
export const isRekeyResult = (result: unknown): boolean =>
  isPatchResult(result) || result === 'collision' || result === 'limit' || isEvicted(result);

/** Whether a value is a result of `delete`. */
export const isDeleteResult = (result: unknown): boolean => result === 'deleted' || result === 'missing';

function isConflict(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  return isSessionRecord((result as { readonly conflict?: unknown }).conflict);
}

const isEvicted = (result: unknown): boolean =>
  Array.isArray((result as { readonly evicted?: unknown } | null)?.evicted);
