import type { SessionKey } from '../../core/session-id.js';
import type { SessionPatch, SessionRecord } from '../../core/store/session-record.js';
import type { SessionStore } from '../../core/store/session-store.js';
import { type RedisAccess, type ScriptReply, wordOf } from './redis-access.js';
import { encodeFields, timeToKeep, textOf } from './redis-record.js';
import { CREATE, CREATE_STAMPED, PATCH } from './redis-scripts.js';

/** Writes sessions, in different ways on one server and in a cluster. */
export interface SessionWriter {
  create(...args: Parameters<SessionStore['create']>): Promise<Awaited<ReturnType<SessionStore['create']>>>;
  patch(...args: Parameters<SessionStore['patch']>): Promise<Awaited<ReturnType<SessionStore['patch']>>>;
  rekey(...args: Parameters<SessionStore['rekey']>): Promise<Awaited<ReturnType<SessionStore['rekey']>>>;
}

/** The first arguments of scripts that write a session. */
export function entryArguments(
  { graceMs }: RedisAccess,
  key: SessionKey,
  times: Pick<SessionPatch, 'touchedAt' | 'expiresAt'>,
): string[] {
  return [timeToKeep(times, graceMs), key, String(times.expiresAt), String(times.touchedAt)];
}

/** The Redis keys that a creation uses beside that of the session. */
interface CreationKeys {
  readonly index?: string | null;
  /** With it, the record gets the present epoch. */
  readonly epoch?: string | null;
}

/** Creates a record and, with an index, its entry, in one atomic step. */
export async function runCreate(
  access: RedisAccess,
  key: SessionKey,
  record: SessionRecord,
  { index = null, epoch = null }: CreationKeys = {},
): Promise<'created' | 'collision'> {
  const keys = [access.sessionKey(key)];
  if (epoch !== null) keys.push(epoch);
  if (index !== null) keys.push(index);
  const fields = epoch === null ? encodeFields(record) : encodeFields(record, 0);
  const args = [...entryArguments(access, key, record), ...fields];
  return wordOf(await access.run(epoch === null ? CREATE : CREATE_STAMPED, keys, args));
}

/** The Redis keys of the indexes that a patch changes. */
export interface ChangedIndexes {
  readonly entered: string | null;
  readonly left: string | null;
}

/** Compares and writes a patch and, with indexes, their entries, in one atomic step. */
export function runPatch(
  access: RedisAccess,
  key: SessionKey,
  patch: SessionPatch,
  { entered, left }: ChangedIndexes = { entered: null, left: null },
): Promise<ScriptReply> {
  const keys = [access.sessionKey(key)];
  if (entered !== null) keys.push(entered);
  if (left !== null) keys.push(left);
  const args = entryArguments(access, key, patch);
  args.push(textOf(patch.principal.from), textOf(patch.principal.to));
  for (const [name, { from, to }] of patch.changes) args.push(textOf(name), from ?? '', to ?? '');
  return access.run(PATCH, keys, args);
}
