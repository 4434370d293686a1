import type { SessionKey } from '../../core/session-id.js';
import type { SessionRecord } from '../../core/store/session-record.js';
import type { PrincipalLimit, StoredSession, WriteTerms } from '../../core/store/session-store.js';

/** A `create` or a `rekey` of a record whose principal has a limit. */
export interface Admission {
  /** The key whose record a `rekey` replaces; `null` for a `create`. */
  readonly from: SessionKey | null;
  readonly to: SessionKey;
  readonly record: SessionRecord;
  readonly revision: number | null;
  readonly principal: string;
  readonly limit: PrincipalLimit;
  readonly terms: WriteTerms;
}

/**
 * The result of an admission: the sessions that it removed. `'unwritten'` if the row of `from` is gone,
 * refused or changed, or if the key of a `create` is in use. Then nothing has changed, as with `'limit'` and
 * `'collision'`.
 */
export type Admitted = 'unwritten' | 'collision' | 'limit' | { readonly evicted: readonly StoredSession[] };

/**
 * The admission of a write; `null` for a write without a limit, or without a principal that could have one.
 */
export function admissionOf(
  from: SessionKey | null,
  to: SessionKey,
  record: SessionRecord,
  revision: number | null,
  terms: WriteTerms | undefined,
): Admission | null {
  const { principal } = record;
  if (terms === undefined || terms.limit === null || principal === null) return null;
  return { from, to, record, revision, principal, limit: terms.limit, terms };
}
