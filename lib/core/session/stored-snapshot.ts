import type { SessionKey } from '../session-id.js';
import { isChange, type SessionPatch, type SessionRecord } from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';

/** What a store holds of a session: replaced as a whole by each load and each write. */
export interface StoredSnapshot {
  readonly key: SessionKey;
  /** The attributes are those of the last load. */
  readonly record: SessionRecord;
  readonly cookieSettings: string | null;
  /** This request created the record. */
  readonly isCreated: boolean;
  /** The application has called `touch()` since. */
  readonly isTouched: boolean;
}

/** The snapshot of a record that was loaded or written as a whole. */
export function snapshotOf(key: SessionKey, record: SessionRecord, isCreated = false): StoredSnapshot {
  const cookieSettings = record.attributes.get(COOKIE) ?? null;
  return { key, record, cookieSettings, isCreated, isTouched: false };
}

/** The snapshot after a patch, which the store has applied to this record. */
export function patchedSnapshot(
  { key, isCreated }: StoredSnapshot,
  patch: SessionPatch,
  held: SessionRecord,
): StoredSnapshot {
  const { touchedAt, expiresAt, changes } = patch;
  const revision = held.revision + (isChange(patch) ? 1 : 0);
  return {
    key,
    record: { ...held, touchedAt, expiresAt, principal: patch.principal.to, revision },
    cookieSettings: changes.get(COOKIE)!.to,
    isCreated,
    isTouched: false,
  };
}
