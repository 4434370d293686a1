import type { SessionKey } from '../session-id.js';
import { isChange, type Changes, type SessionPatch, type SessionRecord } from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';
import { LIFETIME, PATCHED, STAMP } from './own-attributes.js';

/** What a store holds of a session: replaced as a whole by each load and each write. */
export interface StoredSnapshot {
  readonly key: SessionKey;
  /** The attributes are those of the last load, except those of the engine that were patched since. */
  readonly record: SessionRecord;
  readonly cookieSettings: string | null;
  /** The text of the timeouts that the session has set. */
  readonly lifetime: string | null;
  /** This request has stored the record under this id. */
  readonly hasNewId: boolean;
  /** The application has called `touch()` since. */
  readonly isTouched: boolean;
}

/** The snapshot of a record that was loaded or written as a whole. */
export function snapshotOf(key: SessionKey, record: SessionRecord, hasNewId = false): StoredSnapshot {
  const cookieSettings = record.attributes.get(COOKIE) ?? null;
  const lifetime = record.attributes.get(LIFETIME) ?? null;
  return { key, record, cookieSettings, lifetime, hasNewId, isTouched: false };
}

/** The snapshot after a patch, which the store has applied to this record. */
export function patchedSnapshot(
  { key, hasNewId }: StoredSnapshot,
  patch: SessionPatch,
  held: SessionRecord,
): StoredSnapshot {
  const { touchedAt, expiresAt, changes } = patch;
  const revision = held.revision + (isChange(patch) ? 1 : 0);
  const isPatched = changes.has(LIFETIME) || changes.has(STAMP);
  const attributes = isPatched ? patchedOwn(held, changes) : held.attributes;
  return {
    key,
    record: { ...held, touchedAt, expiresAt, principal: patch.principal.to, revision, attributes },
    cookieSettings: changes.get(COOKIE)!.to,
    lifetime: attributes.get(LIFETIME) ?? null,
    hasNewId,
    isTouched: false,
  };
}

function patchedOwn({ attributes }: SessionRecord, changes: Changes): SessionRecord['attributes'] {
  const patched = new Map(attributes);
  for (const name of PATCHED) {
    const change = changes.get(name);
    if (change === undefined) continue;
    if (change.to === null) patched.delete(name);
    else patched.set(name, change.to);
  }
  return patched;
}
