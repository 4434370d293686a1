import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SessionStore } from '../../core/store/session-store.js';
import { type RedisAccess, type ScriptAnswer, wordOf } from './redis-access.js';
import { encodeFields, keptFor, textOf } from './redis-record.js';
import { CREATE, PATCH } from './redis-scripts.js';

/** How sessions are written: other on one server than on many. */
export interface SessionWriter {
  create(...args: Parameters<SessionStore['create']>): Promise<Awaited<ReturnType<SessionStore['create']>>>;
  patch(...args: Parameters<SessionStore['patch']>): Promise<Awaited<ReturnType<SessionStore['patch']>>>;
  rekey(...args: Parameters<SessionStore['rekey']>): Promise<Awaited<ReturnType<SessionStore['rekey']>>>;
}

/** What scripts that write a session begin with. */
export function entryWords(key: SessionKey, times: Pick<SessionPatch, 'touchedAt' | 'expiresAt'>): string[] {
  return [keptFor(times), key, String(times.expiresAt), String(times.touchedAt)];
}

/** Files a new record; where an index is given, in the same step there. */
export async function runCreate(
  access: RedisAccess,
  key: SessionKey,
  record: SessionRecord,
  index: string | null,
): Promise<'created' | 'collision'> {
  const keys = [access.sessionKey(key)];
  if (index !== null) keys.push(index);
  const words = [...entryWords(key, record), ...encodeFields(record)];
  return wordOf(await access.run(CREATE, keys, words));
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
  if (entered !== null) keys.push(entered);
  if (left !== null) keys.push(left);
  const words = entryWords(key, patch);
  words.push(textOf(patch.principal.from), textOf(patch.principal.to));
  for (const [name, { from, to }] of patch.changes) words.push(textOf(name), from ?? '', to ?? '');
  return access.run(PATCH, keys, words);
}
