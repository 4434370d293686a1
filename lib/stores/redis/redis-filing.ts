import type { SessionKey } from '../../core/session-key.js';
import {
  isChange,
  type AttributeChange,
  type SessionPatch,
  type SessionRecord,
} from '../../core/session-record.js';
import type { SessionStore } from '../../core/session-store.js';
import type { RedisAccess, ScriptAnswer } from './redis-access.js';
import { encodeFields, FIELDS, keptFor, textOf } from './redis-record.js';
import { CREATE, PATCH } from './redis-scripts.js';

/** How sessions are written: other on one server than on many. */
export interface RedisFiling {
  create(...args: Parameters<SessionStore['create']>): Promise<Awaited<ReturnType<SessionStore['create']>>>;
  patch(...args: Parameters<SessionStore['patch']>): Promise<Awaited<ReturnType<SessionStore['patch']>>>;
  rekey(...args: Parameters<SessionStore['rekey']>): Promise<Awaited<ReturnType<SessionStore['rekey']>>>;
}

/** What scripts that write a session begin with. */
export function entryWords(key: SessionKey, times: Pick<SessionPatch, 'touchedAt' | 'expiresAt'>): string[] {
  return [keptFor(times), key, String(times.expiresAt), String(times.touchedAt)];
}

/** Files a new record; where an index is given, in the same step there. */
export function runCreate(
  access: RedisAccess,
  key: SessionKey,
  record: SessionRecord,
  index: readonly string[] = [],
): Promise<ScriptAnswer> {
  const words = [...entryWords(key, record), ...encodeFields(record)];
  return access.run(CREATE, [access.sessionKey(key), ...index], words);
}

/** The indexes that a patch concerns, where they can be reached in the same step. */
export interface ConcernedIndexes {
  readonly entered: string | null;
  readonly left: string | null;
}

/** Compares and writes a patch; where indexes are given, in the same step there. */
export function runPatch(
  access: RedisAccess,
  key: SessionKey,
  patch: SessionPatch,
  { entered, left }: ConcernedIndexes = { entered: null, left: null },
): Promise<ScriptAnswer> {
  const keys = [access.sessionKey(key)];
  const placeOf = (index: string | null): string => (index === null ? '0' : String(keys.push(index)));
  const [enter, leave] = [placeOf(entered), placeOf(left)];
  const { compared, written, removed } = patchWords(patch);
  const counts = [isChange(patch) ? '1' : '0', String(compared.length), String(written.length)];
  const words = [...entryWords(key, patch), enter, leave, ...counts];
  return access.run(PATCH, keys, [...words, ...compared, ...written, ...removed]);
}

function patchWords(patch: SessionPatch): { compared: string[]; written: string[]; removed: string[] } {
  const compared: string[] = [];
  const written = [FIELDS.touchedAt, String(patch.touchedAt), FIELDS.expiresAt, String(patch.expiresAt)];
  const removed: string[] = [];
  const change = (field: string, { from, to }: AttributeChange): void => {
    compared.push(field, from ?? '');
    if (from === to) return;
    if (to === null) removed.push(field);
    else written.push(field, to);
  };
  const { from, to } = patch.principal;
  change(FIELDS.principal, {
    from: from === null ? null : textOf(from),
    to: to === null ? null : textOf(to),
  });
  for (const [name, attribute] of patch.changes) change(textOf(name), attribute);
  return { compared, written, removed };
}
